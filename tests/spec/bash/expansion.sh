#! bash t
#### default values
unset x; e=; echo "${x:-a}" "${x-b}" "${e:-c}" "[${e-d}]" "${x:=new}" "$x"

#### alternative values
unset x; e=; y=1; echo "[${x:+a}]" "[${x+a}]" "[${e:+a}]" "[${e+a}]" "[${y:+a b}]"

#### error if unset
(echo ${x:?is not there}); echo $?
(echo ${x?}); echo $?
(y=; echo ${y:?}); echo $?

#### length
x=hello; e=; echo ${#x} ${#e} ${#}; set -- a bb; echo ${#@} ${#*} ${#2}

#### remove prefix and suffix
p=/usr/local/lib/libc.so.6; echo ${p#*/} ${p##*/} ${p%.*} ${p%%.*} ${p#nothing}

#### remove a quoted pattern literally
x='*.txt*'; echo "${x#'*'}" "${x%"*"}"

#### substring
s=0123456789; echo ${s:3} ${s:3:4} ${s: -3} ${s: -3:2} ${s:2:-2} "[${s:20}]" ${s:(-4):3}

#### substring of negative length before the start
s=abc; echo "${s:2:-2}"; echo after

#### replace first, all, at start, at end
x=banana; echo ${x/an/AN} ${x//an/AN} ${x/#b/B} ${x/%a/A} ${x//a} ${x/x/y}

#### replace with an ampersand and patterns
x=abc.def; echo ${x//[a-c]/-} ${x/.*/!} ${x//?/x} "${x/./\/}"

#### ampersand is the match in bash 5.2
x=abc; echo "${x/b/[&]}" "${x/b/[\&]}"

#### case of letters
x=hello; y=WORLD; echo ${x^} ${x^^} ${y,} ${y,,} ${x^^[el]} ${x~} ${y~~}

#### indirect
a=b; b=value; echo ${!a}; a=arr[1]; arr=(x y); echo ${!a}

#### names with a prefix
zz_one=1 zz_two=2; echo ${!zz_*} "${!zz_@}"

#### operators of one letter
x="a b'c"; echo ${x@Q}; y=abc; echo ${y@U} ${y@u} ; z=ABC; echo ${z@L}; e='a\tb'; echo "${e@E}"

#### assignment operator and attributes
declare -i n=5; echo "${n@A}" "${n@a}"; declare -r r='x y'; echo "${r@A}"

#### default with quotes and spaces
set -- ${u:-"a b" c}; echo $#; set -- "${u:-a b}"; echo $#

#### nested defaults
echo ${a:-${b:-${c:-deep}}}

#### positional parameters with two digits
set -- 1 2 3 4 5 6 7 8 9 ten eleven; echo ${10} $10 ${11}; shift 9; echo $1 $#

#### slices of positional parameters
set -- a b c d e; echo ${@:2} / ${@:2:2} / ${@: -2} / "${*:1:2}"

#### bad substitution
echo ${x!y}; echo not reached

#### special parameters
set -- a; false; echo $?; true; echo $? $# $-; echo ${-//[^hB]/}; [ "$$" -gt 0 ] && echo pid

#### underscore is the last word
echo a b c; echo $_; : last; echo $_

#### word splitting by IFS
IFS=:; x=a::b:; set -- $x; echo $#; printf '<%s>' $x; echo; IFS=' '; y='  a  b '; set -- $y; echo $#

#### word splitting by IFS with white space and others
IFS=' ,'; x=' a , b ,,c '; for w in $x; do printf '<%s>' "$w"; done; echo

#### no splitting in assignments and case
x='a   b'; y=$x; echo "$y"; case $x in 'a   b') echo same;; esac

#### tilde
HOME=/home/me; echo ~ ~/x a~ "~" ~root; x=~/y:~/z; echo $x; echo ~nobodyatall

#### tilde plus and minus
cd /; cd /tmp; echo ~+ ~-

#### brace expansion lists
echo {a,b,c} x{1,2}y {a,b{1,2}} {,x} {a} a{b "{a,b}" {a,b}{c,d}

#### brace expansion sequences
echo {1..5} {5..1} {01..03} {1..10..3} {a..e} {e..a..2} {1..a} {-2..2}

#### braces are expanded before variables
a=1; echo {$a,2} {1..$a}

#### command substitution drops trailing newlines
x=$(printf 'a\n\nb\n\n\n'); echo "[$x]"; echo $(printf 'a\nb\n')

#### command substitution of a file
echo line >f; echo "$(<f)" `<f`

#### status of a command substitution
x=$(exit 3); echo $?; echo $(false) $?

#### arithmetic expansion in words
i=3; echo $((i*2)) a$((1+1))b "$(( i > 2 ? 10 : 20 ))" $[1+2]

#### names of length and unset in nounset
set -u; x=; echo "${x}" "${y-unset}" "${#x}"; echo ${z}; echo not reached

#### indirect to unset variable
unset a b; a=b; echo "[${!a}]" "[${!a:-default}]"
