#! mawk -f t in.txt
#### file in.txt
alice 30 engineering
bob 25 sales
carol 41 engineering

dave 25 support -1.5e1
#### print fields
{ print $1, $NF, NF, NR }

#### pattern without action
/engineering/

#### negated and combined patterns
!/eng/ && NF > 2 || $1 == "alice"

#### range of lines
/bob/,/^$/ { print NR ": " $0 }

#### range that begins and ends on one line
/bob/,/sales/ { print } END { print "end" }

#### begin and end
BEGIN { print "start"; n = 0 } { n += $2 } END { print n, NR }

#### uninitialized variables
BEGIN { print x + 0, "[" x "]", length(x); if (!x) print "false"; if (x == 0 && x == "") print "both" }

#### comparison of numbers and strings
BEGIN { print (10 < 9), ("10" < "9"), (10 < "9"), ("abc" < "abd"), (2 == 2.0), ("2" == 2.0) }

#### fields compare as numbers if they look like ones
{ print ($2 < 100), ($2 == "25") , ($4 < 0) }

#### arithmetic
BEGIN { print 7 % 3, -7 % 3, 2 ^ 10, 2 ** 3, 2 ^ 3 ^ 2, -2 ^ 2, 7 / 2, 1e3, .5 + 1, 10 % 3.3 }

#### assignment operators
BEGIN { x = 5; x += 2; print x; x -= 3; print x; x *= 4; print x; x /= 8; print x; x ^= 3; print x; x %= 5; print x }

#### increments
BEGIN { x = 5; print x++, x, ++x, x--, --x; print -x, +x, !x, !!x }

#### conditional expression
{ print NF ? (NF > 3 ? "many" : "some") : "none" }

#### concatenation binds weaker than arithmetic
BEGIN { print 1 " " 2 + 3, 1 2, "a" -1, 2 * 3 4; x = "A"; print x x, x 1 + 1 }

#### string to number
BEGIN { print "3x" + 1, "x3" + 1, "0x1A" + 0, "1e2x" + 0, " 12 " + 0, "+5" + 0, ".5." + 0, "-" + 0 }

#### number to string
BEGIN { print 1000000, 1e6, 123456789, 0.1, 1/3, 100000 * 100000, 1e300 * 10, 3.0, -0, 1e-5, 12345678901234567890 }

#### CONVFMT and OFMT
BEGIN { OFMT = "%.2f"; CONVFMT = "%.3f"; x = 3.14159; print x; y = x ""; print y; print 17, 17 "" }

#### changing a field rebuilds the record
{ $2 = "X"; print; print NF }

#### changing NF
NF > 2 { NF = 2; print; $5 = "e"; print; print NF }

#### changing the record splits it again
NR == 1 { $0 = "a b c d"; print NF, $3; $0 = ""; print NF }

#### fields beyond the end and by expression
NR == 1 { print "[" $9 "]", $(1 + 1), $NF, $(NF - 1); i = 1; print $i++, i }

#### output separators
BEGIN { OFS = "-"; ORS = "|\n" } NR < 3 { print $1, $2; $1 = $1; print }

#### FS as a character, a tab and an expression
BEGIN { FS = "i" } { print $2 }

#### FS as an expression
BEGIN { FS = "[0-9]+|o" } NR < 4 { for (i = 1; i <= NF; i++) printf "<%s>", $i; print "" }

#### RS as a character
BEGIN { RS = "e" } NR < 5 { printf "%d[%s]", NR, $0 } END { print NR }

#### RS as an expression
BEGIN { RS = "[ \n]+" } END { print NR, $0 }

#### paragraphs
BEGIN { RS = "" } { print NR, NF, $1; n = split($0, a, "\n"); print n }

#### if else chains
{ if ($2 > 40) print "old"; else if ($2 > 28) print "mid"; else print "young" }

#### loops
BEGIN { while (i < 3) { printf "%d ", i; i++ } do { printf "%d ", i-- } while (i > 0); for (;;) { if (++n > 5) break; if (n % 2) continue; printf "n%d ", n } print "" }

#### next and exit
NR == 2 { next } NR == 4 { exit 3 } { print $1 } END { print "end", NR }

#### exit in BEGIN runs END
BEGIN { print "b"; exit 4 } { print } END { print "e" }

#### exit in END keeps the status
BEGIN { exit 5 } END { exit }

#### arrays
{ age[$1] = $2; group[$3]++ } END { print age["bob"], group["engineering"], ("zed" in age), length(age); delete age["bob"]; print ("bob" in age); for (k in group) n++; print n }

#### a reference makes an element, a test does not
BEGIN { if (a["x"] == "") print "empty"; print ("x" in a), ("y" in a), length(a) }

#### several subscripts
BEGIN { a[1, 2] = 3; for (k in a) { split(k, p, SUBSEP); print p[1], p[2] } print ((1, 2) in a), ((2, 1) in a) }

#### delete all elements
BEGIN { a[1]; a[2]; delete a; print length(a) }

#### user functions
function fact(n) { return n <= 1 ? 1 : n * fact(n - 1) } function fill(arr, n,   i) { for (i = 1; i <= n; i++) arr[i] = i * i; return } BEGIN { print fact(10); fill(sq, 4); print sq[4], i; x = fill(sq, 1); print "[" x "]" }

#### scalars by value, arrays by reference
function f(s, a) { s = "changed"; a["k"] = "changed" } BEGIN { s = "kept"; f(s, a); print s, a["k"] }

#### regular expression match operators
$1 ~ /^[a-c]/ { print $1 } $1 !~ "o" { print "no o: " $1 } /a/ ~ 1 { print NR }

#### dynamic regular expressions
BEGIN { r = "^[0-9]+\\.[0-9]+$"; print ("3.14" ~ r), ("3x14" ~ r), ("a+b" ~ "a\\+b"), ("a.b" ~ /a\.b/) }

#### longest match
BEGIN { s = "xabcabcd"; match(s, /a|abc|abcabcd/); print RSTART, RLENGTH; print match("none", /z/), RSTART, RLENGTH }

#### intervals and classes
BEGIN { print ("aaa" ~ /^a{3}$/), ("ab12" ~ /^[[:alpha:]]+[[:digit:]]{2}$/), ("a" ~ /^a{2,}$/), ("x]" ~ /[]]/), ("a-b" ~ /[a\-z]-/) }

#### getline from the input
NR == 1 { getline; print "now", $0, NR; getline x; print "x is", x, $1, NR }

#### getline from a file
BEGIN { while ((getline line < "in.txt") > 0) n++; print n; close("in.txt"); getline line < "in.txt"; print line; print (getline y < "/nonexistent") }

#### getline from a command
BEGIN { "echo one two" | getline; print $2, NF; "echo three" | getline z; print z; while (("printf 'a\\nb\\n'" | getline l) > 0) print "got", l }

#### print to a pipe
{ print $1 | "sort -r" } END { close("sort -r"); print "done" }

#### print to a file
{ print $1 > "out" } END { close("out"); while ((getline l < "out") > 0) print "read", l; print "more" >> "out"; close("out"); while ((getline l < "out") > 0) n++; print n }

#### print to standard error
NR == 1 { print "to stderr" > "/dev/stderr"; print "to stdout" }

#### system
BEGIN { print system("echo hello; exit 3"); print system("true") }

#### ARGV and ARGC
BEGIN { print ARGC, ARGV[1]; ARGV[1] = "" ; ARGC = 1 }

#### syntax error
{ print $1

#### syntax error in an expression
BEGIN { x = ; }

#### undefined function
BEGIN { print nosuch(1) }

#### division by zero
BEGIN { x = 0; print 1 / x, -1 / x, 5 % x }

#### comments and line continuation
# a comment
BEGIN { x = 1 + \
  2   # another
  print x; ; print "a", # behind a comma
  "b"
}

#### semicolons and newlines
BEGIN { if (1) print "a"; else print "b"
  for (i = 0; i < 2; i++)
    print i
  while (j < 1)
    j++
  print j }
