#! dash t
#### quoting
x=1; echo 'a $x' "b $x \$x" c\ d "`echo q`" $nothing "$nothing" e

#### parameter expansions
unset u; e=; p=/a/b/c.tar.gz; echo ${u:-d} ${u-d} "[${e:-x}]" "[${e-x}]" ${u:+no} ${p:+yes} ${p#*/} ${p##*/} ${p%.*} ${p%%.*} ${#p} ${u:=set} $u

#### error if unset ends the shell
echo ${u?is not there}; echo not reached

#### error if null without text
e=; echo ${e:?}; echo not reached

#### bash expansions are bad substitutions
x=abc; echo ${x:1}; echo not reached

#### replacing is a bad substitution
x=abc; echo ${x/a/b}; echo not reached

#### case change is a bad substitution
x=abc; echo ${x^}; echo not reached

#### arrays are a syntax error
echo before
a=(1 2)

#### no brace expansion
echo {a,b} {1..3}

#### no dollar single quotes
echo $'a'

#### double brackets are a command
[[ a = a ]]; echo $?

#### double equals in test
[ a == a ]; echo $?; [ a = a ]; echo $?

#### arithmetic
x=5; echo $((x+1)) $((2*3%4)) $((x>3?1:0)) $((010)) $((0xf)) $((x=7)) $x $((1<<3)) $((~0)) $((!1)) $((x&=3)) $((-7/2))

#### arithmetic without increments and powers
x=1; echo $((x++)); echo not reached

#### power is an error
echo $((2**3)); echo not reached

#### division by zero
echo $((1/0)); echo not reached

#### variable that is no number
x=abc; echo $((x+1)); echo not reached

#### no expression
echo $((1+)); echo not reached

#### echo interprets backslashes
echo 'a\tb\nc\\d\c dropped'; echo; echo -n x; echo; echo -e y; echo '\0101'

#### here-documents
x=v; cat <<E
$x $(echo s) \$x
E
cat <<'E'
$x
E
cat <<-E
	tab
	E

#### no here-string
cat <<<word

#### redirections
echo a >f; echo b >>f; cat <f; { echo o; echo e >&2; } >g 2>&1; cat g; exec 3>h; echo three >&3; exec 3>&-; cat h; echo x >no/dir; echo $?; cat <absent; echo $?

#### ampersand greater runs in the background
echo hi &>f; wait; cat f

#### bad descriptor
echo x >&7; echo $?

#### redirection error of a special builtin ends the shell
: <absent; echo not reached

#### functions
f() { echo "$1 $#"; local v=in; return 3; }; v=out; f a b; echo $? $v; g() (v=sub); g; echo $v; function h { echo h; }

#### local with several words splits
f() { local a=$1 b; echo "$a[$b]"; }; f 'x y=z'

#### case
for w in apple b '' 'x y'; do case $w in a*) echo A;; b|c) echo B;; '') echo empty;; *) echo "other $w";; esac; done

#### loops
i=0; while [ $i -lt 3 ]; do i=$((i+1)); [ $i = 2 ] && continue; echo $i; done; until false; do break; done; for x; do echo no; done; for a in 1 2; do for b in 1 2; do break 2; done; done; echo $a$b

#### field splitting
IFS=:; x=a::b; set -- $x; echo $#; IFS=' :'; y=' a : b '; set -- $y; echo $# "$1" "$2"; unset IFS; z='a  b'; echo $z; set -- 1 2; IFS=-; echo "$*"

#### globbing
touch a1 a2 b; echo a* [!a]* ? none*; set -f; echo a*

#### tilde
HOME=/me; echo ~ ~/x a~ "~" ~root; x=~:~/b; echo $x

#### command substitution
echo $(printf 'a\nb\n\n') "$(printf 'a\nb\n\n')" `echo \`echo in\``; x=$(exit 4); echo $?

#### pipelines and not
true | false; echo $?; ! true; echo $?; x=1; echo y | read x; echo $x; false | true && echo ok

#### exit statuses
nosuch; echo $?; touch n; ./n; echo $?; (exit 300); echo $?; mkdir d; ./d; echo $?

#### killed by a signal
sh -c 'kill -TERM $$'; echo $?

#### errexit
set -e; if false; then :; fi; false || echo kept; ! true; (exit 2); echo not reached

#### nounset
set -u; echo ${x-default}; echo $x; echo not reached

#### xtrace
set -x; x='a b'; echo "$x" c; : ${y:=1}; PS4='> '; for i in 1; do true; done

#### special parameters
set -- a b; echo $# "$*" $1 $0; set -eu; echo $-; shift; echo $1; shift 2; echo not reached

#### traps
trap 'echo bye $?' EXIT; trap 'echo term' TERM; kill -TERM $$; trap; (trap; echo sub); trap - TERM; exit 3

#### trap of a bad signal
trap 'x' NOSUCH; echo $?; trap '' INT; trap; trap - 0

#### background and wait
(exit 5) & wait $!; echo $?; sleep 0.1 & wait; echo $?; jobs; kill %1; echo $?

#### getopts
set -- -a -b v -x r; while getopts ab: o; do echo "$o $OPTARG $OPTIND"; done; shift $((OPTIND-1)); echo $1

#### read
echo 'a b  c' >f; read x y <f; echo "$x|$y"; echo 'p\tq' >g; read x <g; echo "$x"; read -r x <g; printf '%s\n' "$x"; read z </dev/null; echo $?; IFS=: read m n <<E
1:2:3
E
echo $m $n

#### printf
printf '%s-%d|%5s|%-4s|%x|%o|%c|%05d\n' a 7 r l 255 8 word 42; printf '%s\n' 1 2; printf '%b|' 'x\ty'; printf '%d\n' abc; echo $?; printf '%.2f %e\n' 3.14159 100

#### command, type and hash
command -v echo cat nosuch; echo $?; f() { :; }; type f echo if; command -V cd; type nosuch; echo $?; hash nosuch; echo $?

#### readonly and export
readonly r=1; export e=2; sh -c 'echo $e'; readonly -p | grep "r="; export -p | grep "^export e"; (r=2; echo no); echo $?; unset r; echo not reached

#### assignment before a special builtin stays
x=1; x=2 :; echo $x; x=3 true; echo $x; f() { :; }; x=4 f; echo $x

#### eval and dot
eval 'echo a; x=5'; echo $x; echo 'echo lib $1; return 7' >lib; . ./lib; echo $?; eval 'exit 3'; echo not reached

#### dot with a missing file ends the shell
. ./absent; echo not reached

#### set and variables
x='it'\''s'; set | grep '^x='; set -o | grep -E 'errexit|noglob'; set -o noglob; echo *; set +o | head -2

#### aliases
alias hi='echo hello '
alias w=world
hi w; alias hi; unalias hi; alias hi; echo $?

#### umask, times and ulimit
umask 077; umask; umask -S; ulimit -n 100; ulimit -n

#### cd and pwd
mkdir -p d/e; cd d/e; pwd -P | sed 's/.*d/d/'; cd ..; cd - | sed 's/.*d/d/'; cd absent; echo $?; cd / ; pwd; CDPATH=/; cd usr; pwd

#### line numbers
echo $LINENO
f() {
  echo $LINENO
}
f; echo $LINENO

#### dash has no such variables
echo "[$RANDOM][$SECONDS][$UID][$HOSTNAME][$BASH_VERSION][$EUID][$FUNCNAME]"; echo $PPID | grep -c '[0-9]'; echo "$PS4|$OPTIND|$IFS" | head -1
