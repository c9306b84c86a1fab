#! dash t
#### file in.txt
a:1
b:2
c:3
#### field separator
mawk -F: '{ print $2 }' in.txt; mawk -F : '{ print $1 }' in.txt; echo 'a  b' | mawk -F' ' '{ print $2 }'; echo 'atbtc' | mawk -Ft '{ print $2 }'; printf 'x\ty\n' | mawk -F'\t' '{ print $2 }'

#### field separator that is special
echo 'a|b.c' | mawk -F'|' '{ print $2 }'; echo 'a|b.c' | mawk -F. '{ print $2 }'; echo 'a\b' | mawk -F'\\' '{ print $2 }'

#### variables
mawk -v x=5 -v 's=a\tb' 'BEGIN { print x + 1, s }'; mawk '{ print y, $0 }' y=1 in.txt y=2 in.txt | mawk 'NR % 3 == 1'

#### standard input among the files
echo stdin | mawk '{ print FILENAME "|" FNR "|" NR "|" $0 }' in.txt - in.txt

#### program from a file
echo '{ n++ } END { print n }' > p.awk; mawk -f p.awk in.txt; mawk -f p.awk -f p.awk in.txt

#### no program
mawk; echo $?

#### missing file
mawk '{ print }' nosuch; echo $?; mawk '{ print }' nosuch in.txt; echo $?

#### missing program file
mawk -f nosuch; echo $?

#### syntax error status
mawk 'BEGIN { print 1'; echo $?; mawk '}'; echo $?; mawk 'BEGIN { print @ }'; echo $?

#### pipeline that ends early
seq 1 10000 | mawk 'NR == 3 { print; exit }'; echo $?

#### environment
FOO=bar mawk 'BEGIN { print ENVIRON["FOO"], ("NOPE" in ENVIRON) }'

#### assignment of an operand after --
mawk -- '{ print x }' x=9 in.txt | head -n 1

#### sum of a column
mawk -F: '{ s += $2 } END { printf "%d %.2f\n", s, s / NR }' in.txt

#### join of two files
printf 'a one\nc three\n' > names; mawk 'NR == FNR { n[$1] = $2; next } $1 in n { print n[$1], $2 }' names FS=: in.txt

#### unique lines in order
printf 'b\na\nb\nc\na\n' | mawk '!seen[$0]++'

#### last line without a newline
printf 'x\ny' | mawk '{ print NR ":" $0 }'

#### empty input
mawk '{ print } END { print NR, NF, "[" $0 "]" }' < /dev/null

#### nested repetitions
printf 'aaaaaaaaaaaaaa!\n' | mawk '/^(a+)+$/ { print "yes" } !/^(a|aa)+$/ { print "no" }'
