#! bash t
#### strings
[[ a == a && b != c ]] && echo 1; [[ -z "" && -n x ]] && echo 2; [[ abc < abd ]] && echo 3; [[ b > a ]] && echo 4; [[ x ]] && echo 5; [[ "" ]] || echo 6

#### patterns
x=file.txt; [[ $x == *.txt ]] && echo glob; [[ $x == "*.txt" ]] || echo literal; p='*.txt'; [[ $x == $p ]] && echo var; [[ $x == "$p" ]] || echo quoted; [[ $x = f[a-i]le.??? ]] && echo class

#### no splitting or globbing
x='a b'; [[ $x == 'a b' ]] && echo same; touch '*'; [[ * == '*' ]] && echo star; [[ -n $unset ]] || echo empty

#### numbers
[[ 10 -gt 9 && 2 -le 2 && 3 -ne 4 ]] && echo ok; [[ 1+1 -eq 2 ]] && echo expr; x=5; [[ x -eq 5 ]] && echo name; [[ 010 -eq 8 ]] && echo octal

#### logic and grouping
[[ ! a == b ]] && echo not; [[ ( a == b || c == c ) && d == d ]] && echo group; [[ a == a || x -eq y/0 ]] && echo short

#### regular expression
[[ foo123bar =~ ([a-z]+)([0-9]+) ]] && echo "${BASH_REMATCH[0]} ${BASH_REMATCH[1]} ${BASH_REMATCH[2]} ${#BASH_REMATCH[@]}"

#### regular expression from a variable and quoted
re='^a.c$'; [[ abc =~ $re ]] && echo var; [[ abc =~ "a.c" ]] || echo literal; [[ a.c =~ "a.c" ]] && echo dot; [[ 'a b' =~ a\ b ]] && echo space

#### regular expression without match
[[ abc =~ x(y) ]]; echo "$? ${#BASH_REMATCH[@]}"; [[ abc =~ (x)?b ]]; echo "$? [${BASH_REMATCH[1]}] ${#BASH_REMATCH[@]}"

#### regular expression classes and repetitions
[[ 2024-01-31 =~ ^([[:digit:]]{4})-([0-9]{2})-(..)$ ]] && echo "${BASH_REMATCH[@]:1}"; [[ ab =~ ^(a|b)*$ ]] && echo "${BASH_REMATCH[1]}"

#### bad regular expression
[[ a =~ ( ]]; echo "status $?"

#### bad regular expression from a variable
re='a('; [[ a =~ $re ]]; echo "status $?"

#### files
touch f; mkdir d; ln -s f l; [[ -e f && -f f && ! -d f && -d d && -r f && -L l ]] && echo ok; [[ -s f ]] || echo empty; echo x >f; [[ -s f ]] && echo full; [[ -x d ]] && echo exec

#### newer and same file
touch -d 2001-01-01 old; touch new; [[ new -nt old ]] && echo newer; [[ old -ot new ]] && echo older; [[ old -ef old ]] && echo same; [[ new -nt absent ]] && echo exists

#### variables set and options
x=; [[ -v x ]] && echo set; [[ -v y ]] || echo unset; set -o pipefail; [[ -o pipefail ]] && echo on; [[ -o errexit ]] || echo off; [[ -R x ]] || echo noref

#### test with wrong numbers of words
test a b; echo $?; [ 1 2 3 ]; echo $?; [ a; echo $?; test; echo $?; [ x -eq 1 ]; echo $?

#### test with and, or, not, parentheses
[ a = a -a b = b ] && echo and; [ a = b -o b = b ] && echo or; [ ! a = b ] && echo not; [ \( a = a \) ] && echo paren; [ ! ] && echo one; [ -n ] && echo two

#### string comparison in test
[ a \< b ] && echo less; [ b \> a ] && echo more; [ a == a ] && echo equal; test -t 0 || echo notty

#### nocasematch
shopt -s nocasematch; [[ ABC == abc ]] && echo same; case Foo in foo) echo case;; esac; [[ XyZ =~ ^xyz$ ]] && echo regex

#### conditional expression over lines
[[ a == a &&
   b == b
   || c == d ]] && echo yes

#### syntax error in a conditional
echo before
[[ a == ]]
