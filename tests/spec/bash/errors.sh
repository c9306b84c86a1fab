#! bash t
#### unexpected token
echo before
if then fi

#### unexpected end of file
echo before
if true; then

#### unterminated quote
echo before
echo "abc

#### unterminated command substitution
echo before
echo $(echo a

#### missing done
for i in 1 2
echo $i

#### stray close
echo a )

#### stray semicolons
echo a ;; echo b

#### missing word for redirection
echo a >

#### ampersand first
& echo a

#### for with a bad name
for 1x in a; do echo $1x; done; echo "status $?"

#### function with a bad name
f g() { echo x; }

#### case without esac
case x in x) echo y

#### error in eval goes on
eval 'if'; echo "status $?"; eval 'a ( b'; echo "status $?"

#### error in a sourced file goes on
echo 'echo ok; )' >lib; . ./lib; echo "status $?"

#### error in bash -c
bash -c 'echo ok; fi'; echo "status $?"; bash -c 'if'; echo "status $?"; bash -c $'echo 1\necho (2'; echo "status $?"

#### read-only assignment ends nothing but the command
readonly x=1; x=2; echo after; f() { x=3; echo in; }; f; echo end

#### command not found handling and directories
absent arg; echo $?; ./t/x; echo $?; /; echo $?; ''; echo $?

#### unmatched brace
{ echo a; echo b

#### reserved words as arguments
echo if then else fi for do done { } case esac ! [[ ]]; if=1; echo $if

#### parse is line by line
echo one
echo two; fi
echo three
