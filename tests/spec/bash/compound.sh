#! bash t
#### if, elif, else
for n in 1 2 3; do if [ $n = 1 ]; then echo one; elif [ $n = 2 ]; then echo two; else echo more; fi; done

#### status of compounds
if false; then :; fi; echo $?; while false; do :; done; echo $?; for i in; do false; done; echo $?; case x in y) false;; esac; echo $?

#### case patterns
for w in apple banana cherry "" 'a*'; do case $w in a[!p]*) echo A;; a*|b*) echo B "$w";; "") echo empty;; (c*) echo C;; *) echo other;; esac; done

#### case fall through and test next
case a in a) echo 1;& b) echo 2;; c) echo 3;; esac; case ab in a*) echo x;;& *b) echo y;;& *c) echo z;; *) echo w;; esac

#### while, until, break, continue
i=0; while :; do i=$((i+1)); [ $i = 2 ] && continue; [ $i = 5 ] && break; echo $i; done; until [ $i = 3 ]; do i=$((i-1)); done; echo $i

#### break out of two loops
for a in 1 2; do for b in x y; do [ $b = y ] && break 2; echo $a$b; done; done; echo end; for a in 1 2; do for b in x y; do [ $b = y ] && continue 2; echo $a$b; done; done

#### for without in
set -- p q; for x; do echo $x; done; for x do echo $x; done

#### groups and subshells
x=1; { x=2; echo $x; }; (x=3; echo $x); echo $x; (exit 4); echo $?; { echo a; echo b; } | cat

#### functions
f() { echo "$# $1 $FUNCNAME"; return 3; }; f a b; echo $?; function g { echo g $1; }; g x; function h() { echo h; }; h

#### function with subshell body and redirection
f() ( x=inner; echo $x ); x=outer; f; echo $x; g() { echo out; echo err >&2; } 2>/dev/null; g; h() { cat; } <<<here; h

#### recursion
fact() { if [ $1 -le 1 ]; then echo 1; else echo $(( $1 * $(fact $(($1-1))) )); fi; }; fact 10

#### function names and arguments after the call
f() { set -- x y z; shift; echo $1; }; set -- keep; f; echo $1; a-b() { echo dash; }; a-b

#### return without argument and outside
f() { false; return; }; f; echo $?; g() { return 300; }; g; echo $?; return 2>/dev/null; echo $?

#### nesting limit
FUNCNEST=5; f() { echo $1; f $(($1+1)); }; f 1; echo "status $?"

#### fork bomb parses
:(){ :|:& }; declare -f :; echo parsed

#### and or lists
true && echo a || echo b; false && echo a || echo b; false || true && echo c; ! true; echo $?; ! false && echo d

#### lists with ampersand and semicolons
true & wait; echo $?; false & wait $!; echo $?; { sleep 0.1; exit 7; } & wait $!; echo $?

#### time is printed for a pipeline
TIMEFORMAT=%0R; time true; echo $?

#### select
select x in a b; do echo "$x"; break; done <<<1

#### coproc
coproc cat; echo hi >&${COPROC[1]}; read -u ${COPROC[0]} x; echo $x

#### arithmetic for with continue
for ((i=0;i<5;i++)); do ((i%2)) && continue; echo $i; done

#### FUNCNAME and BASH_LINENO
f() { g; }
g() { echo ${FUNCNAME[0]} ${FUNCNAME[1]} ${FUNCNAME[2]} ${BASH_LINENO[0]} ${BASH_LINENO[1]}; }
f

#### caller
f() { caller; caller 0; }
f; caller; echo $?

#### negated pipeline and errexit inside condition
set -e; if ! false | true; then echo no; else echo yes; fi; false || echo kept; ! true; echo survives

#### loop over glob without match
for f in *.nothing; do echo "$f"; done; set -o noglob; echo *; set +f; touch a1; echo a*

#### loop with redirected output and input
for i in 1 2 3; do echo $i; done >f; while read -r l; do echo "got $l"; done <f; sum=0; while read n; do ((sum+=n)); done <f; echo $sum

#### variable in a pipeline's loop is lost
n=0; printf 'a\nb\n' | while read l; do n=$((n+1)); done; echo $n; shopt -s lastpipe; printf 'a\nb\n' | while read l; do n=$((n+1)); done; echo $n

#### alias
shopt -s expand_aliases
alias hi='echo hello'
hi there; alias hi; unalias hi; alias hi; echo $?
