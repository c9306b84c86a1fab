#! bash t
#### statuses of a pipeline
true | false; echo $?; false | true; echo $?; exit_with() { return $1; }; exit_with 3 | exit_with 4 | exit_with 0; echo "${PIPESTATUS[@]}"; echo ${PIPESTATUS[0]}

#### pipefail
set -o pipefail; false | true; echo $?; (exit 3) | (exit 4) | true; echo $?; true | true; echo $?

#### pipe of standard error
f() { echo o; echo e >&2; }; f |& sed 's/^/p:/' | sort

#### pipeline parts are subshells
x=1; x=2 | true; echo $x; echo a | read y; echo "[$y]"; echo b | { read z; echo $z; }

#### newline after the bar
echo a |
  cat &&
  echo b ||
  echo c

#### errexit
set -e; echo a; false; echo not reached

#### errexit in function and subshell
set -e; f() { false; echo in f; }; f || echo or; (false; echo never) || echo second; f; echo not reached

#### errexit and command substitution
set -e; x=$(false; echo inside) ; echo "[$x]"; echo $(false) shown; y=$(false); echo not reached

#### errexit with pipefail
set -eo pipefail; false | true; echo not reached

#### nounset
set -u; echo $undefined; echo not reached

#### xtrace
set -x; x='a b'; echo "$x" 'c$' ; [ 1 = 1 ]; [[ $x == a* ]]; (( 1 + 1 )); set +x; PS4='> '; set -x; : y; for i in 1; do :; done

#### xtrace of substitutions and assignments
set -x; x=$(echo hi); a=(1 2); case $x in h*) : ;; esac; y=1 z=2 true

#### verbose
set -v
echo a
set +v

#### noexec
set -n; echo not run

#### options shown
set -eu; echo $-; set +e; echo $-; set -o | grep -E 'errexit|nounset|pipefail'; shopt -o nounset; set +o | grep nounset

#### set with arguments
set -- -a b; echo $1 $#; set a b c; echo $3; set -f x; echo $1 $-; set --; echo $#

#### invalid option of set
set -o nonsense; echo $?; set -Z; echo $?

#### exit statuses of the shell
nosuchcommand; echo $?; touch noexec; ./noexec; echo $?; ./absent; echo $?; mkdir d; ./d; echo $?

#### killed by a signal
bash -c 'kill -TERM $$'; echo $?; bash -c 'kill -9 $$' 2>/dev/null; echo $?; (exit 256); echo $?; (exit -1); echo $?

#### exit with a word
(exit abc); echo $?; (exit 1 2); echo $?

#### sigpipe ends a writer
yes | head -2; echo ${PIPESTATUS[0]}

#### background jobs
sleep 0.3 & sleep 0.1 & wait; echo $?; (exit 5) & wait $!; echo $?; wait 99999; echo $?

#### wait -n
(sleep 0.3; exit 1) & (sleep 0.1; exit 2) & wait -n; echo $?; wait -n; echo $?; wait -n; echo $?

#### jobs and kill
sleep 5 & jobs; kill %1; wait %1 2>/dev/null; echo $?; jobs; kill %3; echo $?

#### job numbers
set +m; sleep 1 & sleep 2 & jobs -r | sed 's/sleep/S/'; kill %1 %2; wait 2>/dev/null; echo end

#### kill -l
kill -l 9 15; kill -l TERM; kill -l 137; kill -l NONE; echo $?

#### disown and job of an unknown name
sleep 0.1 & disown; jobs; fg; echo $?; bg %1; echo $?

#### subshell and BASHPID
[ $$ = $BASHPID ] && echo same; ( [ $$ = $BASHPID ] || echo other; echo $BASH_SUBSHELL ); echo $BASH_SUBSHELL
