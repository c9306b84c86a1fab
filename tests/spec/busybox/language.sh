#! busybox sh t
#### bash's parameter expansions that ash has
x=banana; echo ${x:1:3} ${x: -2} ${x/an/AN} ${x//a} ${x/#b/B} ${x/%a/A} ${#x}

#### substring of a short value
x=ab; echo "[${x:5}]" "[${x:0:-1}]" "[${x:1:9}]"

#### plain expansions
unset u; e=; p=/a/b.c.d; echo ${u:-d} "[${e-x}]" ${u:+n} ${p##*/} ${p%%.*} ${p%.*} ${u:=v}; echo ${nothing?text}; echo not reached

#### error without text
echo ${nothing:?}; echo not reached

#### no case change
x=abc; echo ${x^}; echo not reached

#### no indirect expansion
x=y; y=1; echo ${!x}; echo not reached

#### arrays are a syntax error
echo before
a=(1 2)

#### dollar single quotes
printf '%s|' $'a\tb' $'\x41' $'it\'s'; echo

#### no brace expansion
echo {a,b} {1..3}

#### double brackets
[[ a == a ]] && echo eq; [[ abc == a* ]] && echo glob; [[ a < b ]] && echo less; [[ -n x && 1 -lt 2 ]] && echo and; [[ abc =~ b. ]] && echo regex

#### arithmetic
x=5; echo $((x++)) $x $((2**10)) $((010)) $((0x1f)) $((x>3?1:2)) $((x=2,x*3)) $((7/2)) $((-7%3)) $((1||0)) $((16#ff))

#### division by zero
echo $((1/0)); echo not reached

#### arithmetic syntax
echo $((1+)); echo not reached

#### recursive variable
x=y; y=3; echo $((x+1)); a=b+1; echo $((a)); echo end

#### let
let 'x=1+2'; echo $x $?; let 0; echo $?

#### echo options
echo 'a\tb'; echo -e 'a\tb\x41\0101'; echo -n x; echo; echo -ne 'y\n'; echo -E 'a\n'

#### here-documents and here-strings
x=v; cat <<E
$x $(echo s) \$x
E
cat <<'E'
$x
E
cat <<<"here $x"

#### redirections
echo a >f; echo b >>f; cat <f; { echo o; echo e >&2; } &>g; cat g; exec 3>h; echo three >&3; exec 3>&-; cat h; echo x >no/dir; echo $?; cat <absent; echo $?

#### bad descriptor
echo x >&7; echo $?

#### process substitution is left to bash
cat <(echo a)

#### functions
f() { echo "$1 $#"; local v=in; return 3; }; v=out; f a b; echo $? $v; function g { echo g; }; g; function h() { echo h; }; h

#### case
for w in apple b '' 'x y'; do case $w in a*) echo A;; b|c) echo B;; '') echo empty;; *) echo "other $w";; esac; done

#### loops
i=0; while [ $i -lt 3 ]; do i=$((i+1)); [ $i = 2 ] && continue; echo $i; done; for a in 1 2; do for b in 1 2; do break 2; done; done; echo $a$b; set -- p q; for x; do echo $x; done

#### no loop with expressions
for ((i=0;i<3;i++)); do echo $i; done

#### field splitting and globbing
IFS=:; x=a::b; set -- $x; echo $#; unset IFS; touch a1 a2; echo a* none*; echo "a*"; set -f; echo a*

#### tilde
HOME=/me; echo ~ ~/x a~ "~" ~root; x=~:~/b; echo $x

#### pipelines and pipefail
true | false; echo $?; set -o pipefail; false | true; echo $?; (exit 3) | (exit 4) | true; echo $?; ! true; echo $?

#### exit statuses
nosuch; echo $?; touch n; ./n; echo $?; (exit 300); echo $?

#### errexit and nounset
(set -e; false || echo kept; false; echo no); echo $?; set -u; echo $x; echo not reached

#### xtrace
set -x; x='a b'; echo "$x" c; : ${y:=1}; for i in 1; do true; done

#### traps
trap 'echo bye $?' EXIT; trap 'echo term' TERM; kill -TERM $$; trap; trap - TERM; trap 'x' NOSUCH; echo $?; exit 3

#### background and wait
(exit 5) & wait $!; echo $?; sleep 0.1 & wait; echo $?; kill %1; echo $?

#### getopts
set -- -a -b v -x r; while getopts ab: o; do echo "$o $OPTARG $OPTIND"; done; shift $((OPTIND-1)); echo $1

#### read
echo 'a b  c' >f; read x y <f; echo "$x|$y"; echo 'p\tq' >g; read x <g; echo "$x"; read -r x <g; echo "$x"; read z </dev/null; echo $?; read -n 2 q <f; echo "$q"; read -d b r <f; echo "$r"; read -t 1 s <f; echo $s; read -p prompt p <f; echo $p

#### printf
printf '%s-%d|%5s|%-4s|%x|%o|%c|%05d\n' a 7 r l 255 8 word 42; printf '%s\n' 1 2; printf '%b|' 'x\ty'; printf '%d\n' abc; echo $?; printf '%.2f\n' 3.14159

#### command, type and hash
command -v echo if nosuch; echo $?; f() { :; }; type f echo if; type nosuch; echo $?

#### readonly and export
readonly r=1; export e=2; sh -c 'echo $e'; readonly | grep "r="; export -p | grep "export e"; (r=2; echo no); echo $?

#### assignment before builtins and functions
x=1; x=2 :; echo $x; x=3 true; echo $x; f() { echo $x; }; x=4 f; echo $x

#### eval and dot
eval 'echo a; x=5'; echo $x; echo 'echo lib $1; return 7' >lib; . ./lib; echo $?; . ./lib arg; eval 'exit 3'; echo not reached

#### source of a missing file
source ./absent; echo not reached

#### random, seconds and others
[ $RANDOM -lt 32768 ] && echo range; [ "$HOSTNAME" = "$(hostname)" ] && echo host; echo "[$SECONDS][$UID][$BASH_VERSION]"; echo $PPID | grep -c '[0-9]'

#### line numbers
echo $LINENO
f() {
  echo $LINENO
}
f; echo $LINENO

#### aliases
alias hi='echo hello'
hi there; alias hi; unalias hi; alias hi; echo $?

#### test operators
[ a == a ] && echo eq; [ a \< b ] && echo less; [ -e . -a -d . ] && echo and; [ ! -e no ] && echo not; [ 1 -eq x ]; echo $?; [ a; echo $?; [ a b ]; echo $?

#### cd and pwd
mkdir -p d/e; cd d/e; cd ..; cd - | sed 's/.*d/d/'; cd absent; echo $?; cd /; pwd

#### set and options
set -- a b; echo $# "$*" $1; set -eu; case $- in *e*u*|*u*e*) echo eu;; esac; set +e; set -o | grep errexit; set -o nonsense; echo not reached

#### umask
umask 027; umask; umask -S
