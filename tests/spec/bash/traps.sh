#! bash t
#### exit trap
trap 'echo bye $?' EXIT; echo hi; exit 3

#### exit trap in a subshell and reset
trap 'echo outer' EXIT; (trap 'echo inner' EXIT; echo sub); (echo none); trap - EXIT; echo end

#### signal trap
trap 'echo got TERM' TERM; kill -TERM $$; echo after; trap '' TERM; kill -TERM $$; echo ignored; trap - TERM; trap

#### trap listing
trap 'echo "a b"' INT; trap "echo it's" EXIT; trap; trap -p INT; trap - EXIT

#### err trap
trap 'echo "err $? line $LINENO"' ERR; true; false
(exit 4)
if false; then :; fi
false || true
echo end

#### err trap and functions
trap 'echo err' ERR; f() { false; true; }; f; set -E; f; echo done

#### debug trap
trap 'echo "> $BASH_COMMAND"' DEBUG; x=1; echo $x; trap - DEBUG; echo off

#### return trap
f() { trap 'echo returning' RETURN; echo in; trap - RETURN; }; f; g() { echo g; }; g

#### trap with a number, and an unknown signal
trap 'echo hup' 1; kill -HUP $$; trap - 1; trap 'x' NOPE; echo $?; trap 'echo zero' 0

#### trap sees status and can change it
trap 'exit 7' EXIT; false

#### interrupt trap in a loop
trap 'echo int; break' INT; for i in 1 2 3; do [ $i = 2 ] && kill -INT $$; echo $i; done; echo out

#### trap does not survive into a child shell
trap 'echo parent' USR1; bash -c 'kill -USR1 $$; echo not reached'; echo $?; (kill -USR1 $BASHPID; echo sub) 2>/dev/null; echo $?

#### wait is interrupted by a trapped signal
trap 'echo usr1' USR1; sleep 1 & p=$!; (sleep 0.2; kill -USR1 $$) & wait $p; echo $?; kill $p

#### exit trap after errexit
set -e; trap 'echo cleanup $?' EXIT; false; echo not reached
