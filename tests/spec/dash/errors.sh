#! dash t
#### unexpected word
echo before
if then fi

#### end of file
echo before
if true; then

#### unterminated quote
echo before
echo "abc

#### unterminated single quote
echo 'abc

#### stray done
done

#### stray close
echo a )

#### double semicolon
echo a ;; echo b

#### missing redirection word
echo a >

#### bad for variable
for 1x in a; do :; done

#### unterminated substitution
echo $(echo a

#### bad function name
1-f() { echo x; }; 1-f; f.g() { echo dot; }; f.g

#### missing brace in an expansion
echo ${x

#### error in eval ends the shell
eval 'if'; echo not reached

#### sh -c
sh -c 'echo ok; fi'; echo $?; sh -c; echo $?; sh absent; echo $?; sh -c 'echo $0 $1' a b

#### not found with slash
./absent; echo $?; /; echo $?; ''; echo $?

#### builtin errors
shift 3 2>/dev/null; echo not reached

#### numbers of builtins
exit abc; echo not reached

#### return with a bad number
f() { return abc; }; f; echo not reached

#### break outside a loop, unset and export of bad names
break; echo $?; (unset 1x; echo no); echo $?; (export 1x=2; echo no); echo $?

#### test errors
[ 1 -eq a ]; echo $?; [ a; echo $?; [ a b ]; echo $?; [ a b c ]; echo $?; test -z; echo $?

#### wrong options
cd -z; echo $?; set -Z; echo not reached

#### recursion of aliases and functions is parsed
f() { if [ $1 -gt 0 ]; then echo $1; f $(($1-1)); fi; }; f 3; alias ls='ls -d'
ls /
