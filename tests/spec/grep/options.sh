#! dash t
#### file in.txt
one
two
three
four
five
six
seven
#### file b.txt
two
twelve
#### count
grep -c e in.txt; grep -c e in.txt b.txt; grep -c zzz in.txt; echo $?; grep -vc e in.txt

#### line numbers
grep -n o in.txt; grep -n t in.txt b.txt

#### names
grep -H two in.txt; grep -h two in.txt b.txt; grep two in.txt b.txt

#### list files
grep -l tw in.txt b.txt; grep -L three in.txt b.txt; echo $?; grep -l zzz in.txt; echo $?

#### invert
grep -v e in.txt; echo $?; grep -v . in.txt; echo $?

#### only matching
grep -o 't[a-z]' in.txt b.txt; grep -on e in.txt | head -n 3; grep -ob t in.txt | head -n 2

#### whole words and lines
echo 'foo foobar foo-bar' | grep -ow foo; echo 'foobar' | grep -w foo; echo $?; grep -x t.o in.txt; grep -xE 'one|tw' in.txt

#### word of several lengths
echo 'abc ab' | grep -owE 'ab|abc'; echo 'ab-abc' | grep -ow 'a[a-z]*'

#### fixed strings
echo 'a.b axb' | grep -oF a.b; printf 'a*\n[x]\n' | grep -F -e '*' -e '[x'; fgrep . in.txt; echo $?; echo aAbB | grep -oiF 'ab'

#### max count
grep -m 2 e in.txt; grep -m1 -c e in.txt; grep -m 0 e in.txt; echo $?

#### quiet
grep -q two in.txt; echo $?; grep -q zzz in.txt; echo $?; grep -q two in.txt nosuch; echo $?; grep -q zzz nosuch; echo $?

#### missing file
grep two nosuch; echo $?; grep two nosuch in.txt; echo $?; grep -s two nosuch; echo $?

#### a directory
mkdir d; grep two d; echo $?; grep two d in.txt; echo $?; grep -d skip two d in.txt; echo $?

#### context
grep -A1 two in.txt; grep -B1 two in.txt; grep -C1 four in.txt; grep -1 four in.txt

#### context groups
grep -A1 -e one -e five in.txt; grep -n -B1 -e two -e six in.txt; grep -A1 --no-group-separator -e one -e five in.txt

#### context with names
grep -nA1 two in.txt b.txt

#### patterns from a file
printf 'one\nsix\n' > p; grep -f p in.txt; grep -vf p in.txt | head -n 1; : > empty; grep -f empty in.txt; echo $?

#### pattern that begins with a dash
echo '-x' | grep -e -x; echo '-x' | grep -- -x; grep -e

#### standard input and a dash
printf 'a\nb\n' | grep b; printf 'a\nb\n' | grep -H b; printf 'a\nb\n' | grep -n b - in.txt; grep --label=input -H a < b.txt

#### color
grep --color=never two in.txt; grep --color=always tw in.txt; grep --color=auto two in.txt

#### recursive
mkdir -p d/e; echo deep > d/e/f; echo deeper > d/g; grep -r deep d | sort; grep -rl deeper d; grep -rn --include=g deep d; grep -rh deep d | sort

#### no match prints nothing
grep zzz in.txt; echo $?

#### usage
grep 2>&1 | head -n 1; echo $?; grep -E 2>&1 | tail -n 1

#### unknown option
grep --nosuch x in.txt; echo $?; grep -Y x in.txt 2>&1 | head -n 1

#### invalid counts
grep -A x two in.txt; echo $?; grep -m x two in.txt; echo $?; grep -C -1 two in.txt; echo $?

#### binary file
printf 'a\0b\n' > bin; grep a bin; echo $?; grep -c a bin; grep -a a bin | tr '\0' '@'; grep -l a bin; grep -q a bin; echo $?

#### last line without a newline
printf 'a\nb' | grep b; printf 'x' | grep -c x

#### null data
printf 'one\0two\0' | grep -z two | tr '\0' '\n'; grep -lZ two in.txt b.txt | tr '\0' '@'; echo

#### long options
grep --ignore-case --line-number TWO in.txt; grep --invert-match --count e in.txt; grep --regexp=six in.txt; grep --max-count=1 e in.txt; grep --only-matching --extended-regexp 'e{2}' in.txt; grep --files-with-matches tw in.txt b.txt

#### initial tab
grep -T -n two in.txt | od -c | head -n 1

#### perl expressions
echo 'foo1' | grep -P 'foo(?=1)'; echo $?

#### addresses of interfaces
printf '1: lo: <UP>\n    inet 127.0.0.1/8 scope host lo\n2: eth0: <UP>\n    inet 10.0.0.2/24 scope global eth0\n' | grep -oE 'inet [0-9.]+' | grep -v 127

#### version
grep --version | head -n 1; grep -V | head -n 1
