#! bash t
#### operators
echo $((7/2)) $((-7/2)) $((-7%3)) $((2**10)) $((1<<4|3)) $((6&3)) $((6^3)) $((~5)) $((!0)) $((!7))

#### precedence and grouping
echo $((2+3*4)) $(((2+3)*4)) $((2**3**2)) $((-2**2)) $((1+2<<1)) $((1||0&&0)) $((5>3==1))

#### assignment operators
x=5; echo $((x+=2)) $((x-=1)) $((x*=3)) $((x/=4)) $((x%=3)) $((x<<=3)) $((x|=1)) $((x^=3)) $((x&=6)) $x

#### increments
i=5; echo $((i++)) $i $((++i)) $i $((i--)) $((--i)) $i

#### ternary and comma
echo $((1?2:3)) $((0?2:0?4:5)) $((a=1,b=a+1,b*10)) $a $b

#### bases
echo $((0x1F)) $((017)) $((2#1010)) $((16#ff)) $((36#Z)) $((62#Z)) $((64#_)) $((0X10))

#### bad digits
echo $((08)); echo "status $?"

#### digits too large for the base
echo $((2#3)); echo "status $?"

#### invalid base
echo $((65#1)); echo "status $?"

#### division by zero
echo $((1/0)); echo "status $?"

#### division by zero ends only the command in double parentheses
(( 1/0 )); echo "status $?"; let 1%0; echo "status $?"

#### syntax error in an expression
echo $((1+)); echo "status $?"

#### missing operator
echo $((1 2)); echo "status $?"

#### variables are expressions
x=y; y=z+1; z=4; echo $((x)) $((x*2)) $((unset_one+1)); e=; echo $((e+1))

#### 64 bits wrap around
echo $((9223372036854775807+1)) $((1<<63)) $((1<<64)) $((-9223372036854775808/-1)) 2>&1

#### double parentheses status
((0)); echo $?; ((5)); echo $?; ((x=0)); echo $?; (( x == 0 )) && echo zero

#### let
let a=3 b=a*2 'c = b + 1'; echo $a $b $c $?; let 0; echo $?; let; echo $?

#### for with expressions
for ((i=0; i<3; i++)); do echo -n "$i "; done; echo; for ((i=3,j=0; i>j; i--,j++)) { echo $i $j; }; for ((;;)); do break; done; echo done

#### while with arithmetic
n=3; while ((n--)); do printf '%d ' $n; done; echo "end $n"

#### nested parentheses and quotes
echo $(( (1 + (2 * 3)) )) $(("1"+'2')) 2>&1; echo "status $?"

#### substitutions inside
set -- 4; echo $(( $1 + ${#1} + $(echo 5) )); a=(3 4); echo $(( a[1]*${a[0]} ))

#### logical operators do not evaluate the second side
x=0; echo $((0 && (x=1))) $x $((1 || (x=2))) $x

#### arithmetic recursion limit
a=b; b=a; echo $((a)); echo "status $?"

#### assign to a number
echo $((5=3)); echo "status $?"

#### spaces and newlines
echo $((
  1 +
  2
)) $(( 3   * 4 ))
