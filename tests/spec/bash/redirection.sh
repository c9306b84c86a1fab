#! bash t
#### output, append and input
echo a >f; echo b >>f; cat <f; >f; cat f; echo x > f y z; cat f

#### standard error
{ echo out; echo err >&2; } 2>f; cat f; { echo out; echo err >&2; } >g 2>&1; cat g; { echo o; echo e >&2; } 2>&1 >/dev/null

#### both
{ echo o; echo e >&2; } &>f; cat f; { echo p; echo q >&2; } &>>f; cat f; { echo r; echo s >&2; } >& g; cat g

#### order of redirections matters
f() { echo o; echo e >&2; }; f 2>&1 >h | sed s/^/piped:/; cat h; f 3>&1 1>&2 2>&3 3>&- | cat

#### exec keeps redirections
exec 3>f; echo one >&3; echo two >&3; exec 3>&-; cat f; exec 4<f; read a <&4; read b <&4; echo $a-$b; exec 4<&-; read c <&4; echo $?

#### exec for standard output and back
exec 5>&1 >f; echo hidden; exec >&5 5>&-; echo shown; cat f

#### descriptor in a variable
exec {fd}>f; [ $fd -ge 10 ] && echo high; echo text >&$fd; exec {fd}>&-; cat f

#### read and write
echo hello >f; exec 3<>f; read -u 3 x; echo $x; echo more >&3; exec 3>&-; cat f

#### moving a descriptor
echo data >f; exec 3<f; exec 4<&3-; read -u 4 x; echo $x; { true <&3; } 2>/dev/null || echo closed

#### noclobber
set -o noclobber; echo a >f; echo b >f; echo $?; echo c >|f; cat f

#### missing file and directory
cat <absent; echo $?; echo x >no/such; echo $?; mkdir d; echo x >d; echo $?

#### ambiguous redirect
touch a1 a2; x='a1 a2'; echo hi >$x; echo $?; echo hi >a?; echo $?; echo x >$unset; echo $?

#### bad descriptor
echo x >&7; echo $?; cat <&8; echo $?

#### here-document
x=val; cat <<E
a $x $(echo sub) \$x `echo bq` "q" 'q' $((1+1))
  indented
E
cat <<'E'
a $x \$y `z`
E

#### here-document with tabs removed
if true; then cat <<-E
		two tabs
	one
	E
fi

#### several here-documents
cat <<A; cat <<B
first
A
second
B
cat - <<X /dev/null
third
X

#### here-document in a function and a loop
f() { cat <<E
arg $1
E
}; f one; for i in 1 2; do cat <<E
loop $i
E
done

#### here-document without end
cat <<E
text

#### here-string
cat <<<word; x='a   b'; cat <<<$x; cat <<<"$x c"; read a b <<<"1 2 3"; echo $a/$b; tr a-z A-Z <<<'it'

#### process substitution
cat <(echo one) <(echo two); while read l; do n=$((n+1)); done < <(printf '1\n2\n3\n'); echo $n; paste -d, <(printf 'a\nb\n') <(printf 'c\nd\n')

#### output process substitution
echo text > >(sed s/^/got:/); wait $!; echo data | tee >(sed 's/^/1:/' >f1) >/dev/null; sleep 0.2; cat f1

#### redirections before and between words
>f echo a; <f cat; echo b >f c; cat f; 2>/dev/null ls absent; echo $?

#### redirection of a compound
if true; then echo a; fi >f; while read x; do echo "r $x"; done <f; (echo b; echo c) >>f; cat f; case x in x) echo case;; esac >g; cat g

#### number glued to the operator
echo 2>f; echo 2 >g; cat f g; echo a2>h; cat h

#### closing standard output
echo x >&-; echo "status $?"; (echo y) 2>&- ; echo z

#### input from a descriptor twice
printf 'a\nb\nc\n' >f; { read x; read y; cat; } <f; echo $x $y

#### /dev/stdout and the like
echo a >/dev/stdout; echo b >/dev/stderr; echo c | cat /dev/stdin; echo d >/dev/fd/1; echo e >/dev/null
