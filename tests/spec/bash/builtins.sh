#! bash t
#### read a line into words
read a b c <<<'one two  three four'; echo "$a|$b|$c"; read x y <<<single; echo "$x|$y"; read <<<'  reply kept '; echo "[$REPLY]"

#### read with IFS
IFS=: read u p rest <<<'root:x:0:0'; echo $u $p $rest; IFS= read -r l <<<'  spaces  '; echo "[$l]"; IFS=, read a b <<<'x,y,'; echo "$a|$b"

#### read -r and backslashes
printf 'a\\nb c\\ d\ncont\\\ninued\n' >f; { read x y; echo "$x|$y"; read z; echo $z; } <f; read -r x <f; echo "$x"

#### read -d, -n, -N
read -d : x <<<'ab:cd'; echo $x; read -n 3 y <<<abcdef; echo $y; read -N 4 z <<<$'a\nbcd'; echo "$z"; printf 'a\0b\0' | while read -d '' w; do echo "<$w>"; done

#### read -t
read -t 0.1 x < <(sleep 1); [ $? -gt 128 ] && echo timed out; read -t 1 y <<<quick; echo $? $y

#### read at end of file
read x </dev/null; echo $?; printf 'no newline' >f; read y <f; echo $? $y; read -u 9 z; echo $?

#### read -p is silent without a terminal, and invalid names
read -p 'prompt: ' x <<<v; echo $x; read 1x <<<v; echo $?; read -q; echo $?

#### echo options
echo -n a; echo b; echo -e 'a\tb\x41\0101\c ignored'; echo; echo -E 'a\tb'; echo -ne 'x\n'; echo -z -n; echo -- a; echo -en

#### eval
x='echo $y'; y=val; eval $x; eval "z=1; echo \$z"; eval; echo $?; eval 'exit_code() { return 6; }'; exit_code; echo $?; eval 'echo ('

#### source
echo 'echo in $1 $#; v=set; return 4' >lib; set -- outer; . ./lib; echo $? $v; source ./lib arg two; echo $1; . ./absent; echo $?

#### type
type echo if cd nosuch; echo $?; f() { :; }; type f; type -t echo if f cat nosuch; echo $?

#### command
command -v echo if nosuch; echo $?; cd() { echo mine; }; command cd /; cd; command nosuch; echo $?; command -V true while

#### builtin
echo() { printf 'mine\n'; }; echo; builtin echo real; builtin nosuch; builtin printf '%s\n' $?

#### hash
hash; hash cat; hash -r; hash nosuch; printf '%s\n' $?

#### getopts
set -- -a -b val -cd rest; while getopts ab:cd o; do echo "$o ${OPTARG-} $OPTIND"; done; shift $((OPTIND-1)); echo $1

#### getopts errors
set -- -x -b; while getopts ab: o; do echo "[$o] ${OPTARG-none}"; done; OPTIND=1; while getopts :ab: o; do echo "[$o] $OPTARG"; done

#### getopts stops at double dash and words
set -- -a -- -b; getopts ab o; echo $o $?; getopts ab o; echo $o $? $OPTIND; OPTIND=1; getopts a o word -a; echo $?

#### shift
set -- a b c; shift; echo $1; shift 2; echo $#; shift; echo $?; set -- x; shift 5; echo $?; shift abc; echo $?

#### cd and pwd
mkdir -p d/e; cd d/e; cd ..; echo ${PWD##*/} ${OLDPWD##*/}; cd - >/dev/null; echo ${PWD##*/}; cd absent; echo $?; cd /tmp /usr; echo $?; CDPATH=/; cd usr; pwd

#### pushd, popd, dirs
cd /; pushd /tmp; pushd /usr; dirs; popd; popd; popd; echo $?; dirs -v

#### printf -v
printf -v x '%03d-%s' 7 abc; echo $x; printf -v 'a[2]' %s z; echo ${a[2]}; printf -v y '%s,' 1 2 3; echo $y

#### true, false, colon
true x; echo $?; false; echo $?; : ${x:=5}; echo $x

#### umask
umask 022; umask; umask -S; umask u=rwx,g=,o=; umask

#### ulimit
ulimit -n 512; ulimit -n; ulimit -Sn 256; ulimit -Sn; ulimit -c 0; ulimit -c

#### times and exec failure
exec nosuchprogram; echo not reached

#### exec replaces the shell
(exec echo replaced; echo never); exec bash -c 'echo $0 $1' zero one; echo never

#### exec with options
(exec -a name bash -c 'echo $0'); (exec -c bash -c 'echo "[$HOME]"')

#### help for enable and disable of a builtin
enable -n test; type -t test; enable test; type -t test

#### let, test and local print errors
local x; echo $?; test 1 -eq a; echo $?; break; echo $?; continue 2>&1; echo $?

#### break with a bad argument
for i in 1 2; do break 0; echo no; done; echo $?; for i in 1; do break abc; done; echo not reached

#### unset
x=1; f() { echo f; }; unset x f; echo "[$x]"; f; echo $?; unset -v nothing; echo $?; unset -f nothing; echo $?

#### wrong options of builtins
cd -z; echo $?; unset -z; echo $?; export -z; echo $?; declare -z; echo $?; type -z; echo $?

#### variables the shell sets
[ "$UID" = "$(id -u)" ] && echo uid; [ "$HOSTNAME" = "$(hostname)" ] && echo host; echo ${BASH_VERSION%%.*} ${BASH_VERSINFO[0]} ${BASH##*/}; [ $EUID = $UID ] && echo euid; echo $OSTYPE $MACHTYPE $HOSTTYPE

#### random numbers
a=$RANDOM b=$RANDOM; [ $a -ge 0 ] && [ $a -lt 32768 ] && echo range; RANDOM=42; x=$RANDOM; RANDOM=42; [ $x = $RANDOM ] && echo seeded; [ $a$b != $RANDOM$RANDOM ] && echo differ; [ $SRANDOM -ge 0 ] && echo s

#### seeded random numbers are known
RANDOM=1; echo $RANDOM $RANDOM $RANDOM; RANDOM=12345; echo $RANDOM $RANDOM

#### seconds
[ $SECONDS -le 1 ] && echo start; SECONDS=100; sleep 1; echo $SECONDS; [ ${EPOCHSECONDS} -gt 0 ] && echo epoch; [[ $EPOCHREALTIME == *.?????? ]] && echo real

#### line numbers
echo $LINENO
echo $LINENO; f() {
  echo $LINENO
}
f; echo "$LINENO $(echo $LINENO)"

#### names of the script
echo $0 ${BASH_SOURCE[0]} ${#BASH_ARGV[@]}; f() { echo $0 ${BASH_SOURCE[0]}; }; f

#### bash -c and -s
bash -c 'echo $0 $1 $#' a b c; echo 'echo stdin $1' | bash -s x; bash -c 'exit 9'; echo $?; bash -ec 'false; echo no'; echo $?; echo 'echo $0' | bash

#### bash with a missing script and an unknown option
bash absent; echo $?; bash -c; echo $?; bash --nosuch 2>&1 | head -1

#### PATH lookup
mkdir bin; printf '#!/bin/bash\necho mine $1\n' >bin/prog; chmod +x bin/prog; PATH=$PWD/bin:$PATH; prog x; bin/prog y; printf 'echo no shebang\n' >bin/p2; chmod +x bin/p2; p2
