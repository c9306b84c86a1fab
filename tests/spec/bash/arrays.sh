#! bash t
#### indexed array
a=(zero one "two words"); echo ${a[0]} ${a[2]} $a ${#a[@]} ${#a[2]} ${a[-1]}; printf '<%s>' "${a[@]}"; echo; echo "${a[*]}"

#### indices
a=(x y); a[5]=z; echo ${!a[@]} / ${a[@]} / ${#a[@]}; a+=(w); echo ${!a[*]}; unset 'a[1]'; echo ${!a[@]}

#### append to an element and to the array
a=(1 2); a[0]+=x; a+=(3 4); echo "${a[@]}"; a+=y; echo "${a[@]}"

#### index given in the list
a=([2]=c [0]=a d); declare -p a; echo ${a[1]}

#### index is an expression
i=1; a=(a b c d); echo ${a[i]} ${a[i+1]} ${a[$i*3]} ${a["i"]}; a[i++]=B; echo $i ${a[1]}

#### slices of arrays
a=(a b c d e); echo ${a[@]:1:2} / ${a[@]:3} / ${a[@]: -2} / "${a[*]:0:2}"

#### operations on all elements
a=(one.txt two.txt three.md); echo ${a[@]%.txt} ${a[@]/t/T} ${a[@]^} ${#a[@]} "${a[@]/#/pre-}"

#### associative array
declare -A m=([one]=1 [two]=2); m[three]=3; echo ${m[one]} ${m[three]} ${#m[@]}; for k in one two three; do echo $k=${m[$k]}; done

#### associative keys with spaces
declare -A m; m["a b"]=1; k='c d'; m[$k]=2; echo "${m[a b]}" "${m[$k]}" ${#m[@]}; unset 'm[a b]'; echo ${!m[@]}

#### associative array as key value list
declare -A m=(a 1 b 2); echo ${m[a]} ${m[b]}

#### test for an element
declare -A m=([x]=); a=(1); [[ -v m[x] ]] && echo yes; [[ -v m[y] ]] || echo no; [[ -v a[0] ]] && echo first; [[ -v a[3] ]] || echo none; echo ${m[y]+set}${m[x]+here}

#### element default and length
a=(abc); echo ${a[1]:-none} ${#a[0]} ${a[0]:1:1}

#### declare -p of arrays
a=(1 'b c'); declare -p a; declare -A m=([k]="v w"); declare -p m; declare -a empty; declare -p empty; empty=(); declare -p empty

#### from command substitution and glob
touch f1 f2; a=($(echo x y z)); b=(f*); echo ${#a[@]} ${#b[@]} ${b[1]}

#### copy and iterate with empty elements
a=("" x ""); b=("${a[@]}"); echo ${#b[@]}; for e in "${b[@]}"; do echo "<$e>"; done

#### local array
f() { local a=(1 2 3); local -A m=([x]=y); echo ${#a[@]} ${m[x]}; }; a=(outer); f; echo ${a[0]} ${m[x]-unset}

#### array of positional parameters
set -- "a b" c; a=("$@"); echo ${#a[@]} "${a[0]}"; set -- "${a[@]}" d; echo $#

#### mapfile
printf 'one\ntwo\nthree\n' >f; mapfile -t a <f; echo ${#a[@]} ${a[1]}; mapfile b <f; printf '%s' "${b[@]}"

#### mapfile with count, skip and origin
printf '%s\n' 1 2 3 4 5 >f; mapfile -t -s 1 -n 2 a <f; echo ${a[@]}; a=(x y z); readarray -t -O 1 a <f; echo ${a[@]}; mapfile -d : -t c <<<a:b; printf '<%s>' "${c[@]}"

#### mapfile from a process
mapfile -t lines < <(printf 'x y\nz\n'); echo "${#lines[@]} ${lines[0]}"

#### read -a
read -ra w <<<'one  two three'; echo ${#w[@]} ${w[2]}; IFS=: read -ra p <<<a:b::d; echo ${#p[@]} "[${p[2]}]"

#### whole array is unset
a=(1 2); unset a; echo ${#a[@]} "[${a[@]}]" ${a-unset}

#### array in arithmetic
a=(1 2 3); (( a[1] += 5 )); echo ${a[1]} $(( a[0] + a[2] )); let 'a[0]++'; echo ${a[0]}

#### array element as a loop variable through a reference
for i in "${!a[@]}"; do echo never; done; a=(p q); for i in "${!a[@]}"; do echo $i=${a[i]}; done

#### bad array subscript
a=(1); echo ${a[-5]}; a[-9]=x; echo "status $?"

#### assigning a list to a scalar name keeps a
x=1; x=(2 3); echo $x ${#x[@]}; y=(4 5); y=6; echo ${y[@]}

#### sorting with IFS and printf
a=(c a b); IFS=$'\n' s=($(printf '%s\n' "${a[@]}" | sort)); echo "${s[*]}"

#### nounset and empty arrays
set -u; a=(); echo "[${a[@]}]" ${#a[@]}; echo ${a[0]}; echo not reached
