#! busybox sh t
#### unexpected word
echo before
if then fi

#### end of file
echo before
if true; then

#### unterminated quote
echo before
echo "abc

#### stray close
echo a )

#### double semicolon
echo a ;; echo b

#### missing redirection word
echo a >

#### stray done
done

#### bad for variable
for 1x in a; do :; done

#### unterminated substitution
echo $(echo a

#### missing brace in an expansion
echo ${x

#### error in eval
eval 'if'; echo not reached

#### sh -c
sh -c 'echo ok; fi'; echo $?; sh absent; echo $?; sh -c 'echo $0 $1' a b

#### not found with slash
./absent; echo $?; ''; echo $?

#### builtin errors
shift 3; echo $?; cd -z; echo $?; break; echo $?; f() { return abc; }; f; echo $?

#### names
(unset 1x; echo $?); (export 1x=2; echo no); echo $?; 1x=3; echo $?

#### exit with a bad number
exit abc; echo not reached
