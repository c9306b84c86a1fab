#! bash t
#### integer attribute
declare -i n=2+3; echo $n; n=n*2; echo $n; n+=5; echo $n; n=abc; echo $n

#### read-only
declare -r r=1; r=2; echo "status $?"; readonly s=x; (s=y); echo $?; unset r; echo $? $r

#### lower and upper case attributes
declare -l low=ABC; declare -u up=abc; echo $low $up; low=XyZ; echo $low

#### export attribute
declare -x v=exported; bash -c 'echo $v'; declare +x v; bash -c 'echo "[$v]"'; export w; w=1; bash -c 'echo $w'; export -n w; bash -c 'echo "[$w]"'

#### name reference
x=1; declare -n ref=x; ref=2; echo $x $ref ${!ref}; unset -n ref; echo ${ref-gone} $x

#### local name reference
set_it() { local -n out=$1; out=("a b" c); }; set_it result; echo ${#result[@]} "${result[0]}"

#### name reference to an element and an associative array
declare -A m; fill() { local -n t=$1; t[$2]=$3; }; fill m key value; echo ${m[key]}; a=(1 2); declare -n e=a[1]; e=9; echo ${a[1]}

#### declare -p
x='a "b" $c'; declare -p x; declare -i i=1; declare -rx c=3; declare -p i c; declare -p nothing; echo $?

#### declare in a function is local
f() { declare x=inner; declare -g y=global; echo $x; }; x=outer; f; echo $x $y

#### local without value, and outside a function
f() { local x; echo "[${x-unset}]"; x=1; }; x=outer; f; echo $x; local z; echo $?

#### dynamic scope
g() { echo "g sees $x"; x=changed; }; f() { local x=f; g; echo $x; }; x=top; f; echo $x

#### typeset and several attributes
typeset -ir n=4; echo $n; declare -p n; declare -ai list=(1+1 2*3); echo ${list[@]}

#### declare -f and function text
f() { echo hi; }; declare -f f; declare -F; declare -F f; unset -f f; declare -f f; echo $?

#### export -f
hello() { echo "hello $1"; }; export -f hello; bash -c 'hello world'

#### invalid names
declare 1x=2; echo $?; export a-b=1; echo $?; unset 3y; echo $?; readonly 'a b'; echo $?

#### readonly -p and export -p shape
readonly zz=1; readonly -p | grep zz; export yy='q r'; export -p | grep yy; readonly -a arr=(1); readonly -p | grep arr

#### assignment before a command is temporary
x=1; x=2 eval 'echo $x'; echo $x; f() { echo $x; }; x=3 f; echo $x; x=4 :; echo $x

#### unset local reveals the outer variable
f() { local x=1; unset x; echo "[$x]"; }; x=outer; f; echo $x

#### compound assignment attributes shown by set
a=(1 2); declare -A m=([k]=v); n=plain; q="it's"; set | grep -E '^(a|m|n|q)='

#### unset of readonly and function by name
f() { :; }; f=1; unset f; echo "${f-var gone}"; f && echo still; unset f; f 2>/dev/null; echo $?
