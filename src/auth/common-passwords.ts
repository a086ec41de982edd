/**
 * What guessing starts with: passwords of eight characters or more that head every published list of leaked ones,
 * besides this product's own name. Not meant to be complete; the limit on attempts guards the rest.
 */
const COMMON = `
  00000000 000000000 0000000000 01234567 0123456789 0987654321 10203040 102030405060 11111111 111111111 1111111111
  11112222 11223344 1122334455 112233445566 12121212 12312312 123123123 123321123 12341234 1234512345 123456123456
  12345678 123456789 1234567890 12345678910 1234567891 1234567899 123456789a 123456789q 12345678a 123456qwerty
  1234abcd 1234qwer 12344321 123454321 123654789 123abc123 123qwe123 123qweasd 123qweasdzxc 147258369 147852369
  159357456 159753456 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 20202020 22222222 222222222
  31415926 33333333 44444444 55555555 5555555555 66666666 666666666 77777777 777777777 7777777777 78945612 789456123
  87654321 88888888 888888888 987654321 9876543210 99999999 999999999 9999999999 a1234567 a12345678 a123456789
  a1b2c3d4 aa123456 aa12345678 aaaaaaaa abc12345 abc123456 abcd1234 abcdefgh abcdefg1 access14 adminadmin
  administrator administrator1 admin123 admin1234 admin12345 alexander asd12345 asdasdasd asdf1234 asdfasdf asdfghjk
  asdfghjkl asdfghjkl1 babygirl babygirl1 barcelona baseball baseball1 basketball bigdaddy blink182 butterfly
  changeme changeme1 changeme123 charlie1 charlotte chocolate christian christopher computer computer1 consumer
  corvette danielle december dragon123 einstein elephant elizabeth evildead fitness1 fitness123 football football1
  freedom1 fuckyou1 garfield gateway1 godzilla guinness gymgymgym hello123 hello1234 hellohello iloveyou iloveyou1
  iloveyou2 internet jennifer jessica1 jonathan jordan23 killer123 letmein1 letmein123 letmein12 liverpool
  liverpool1 lovelove loveyou1 manchester marlboro masterkey maverick mercedes metallica michael1 michelle
  midnight minecraft monkey123 mustang1 myspace1 nicholas november p@55w0rd p@ssw0rd p@ssw0rd1 p@ssword pa55word
  pa55w0rd pass1234 pass12345 passpass passw0rd passw0rd1 password password! password0 password01 password1
  password1! password10 password11 password12 password123 password1234 password12345 password123456 password2
  password3 password9 phoenix1 phoenix12 phoenix123 pokemon1 pokemon123 princess princess1 qazwsxed qazwsxedc
  q1w2e3r4 q1w2e3r4t5 q1w2e3r4t5y6 qq123456 qwaszx12 qwer1234 qwerasdf qwert123 qwerty11 qwerty12 qwerty123
  qwerty1234 qwerty12345 qwerty123456 qwertyui qwertyuiop qwertyuiop1 qwerqwer qweqweqwe qweasd123 qweasdzxc
  qwe123qwe rush2112 samantha samsung1 scorpion secret123 september sunshine sunshine1 superman superman1 starwars
  startrek steelers swordfish temppass test1234 test12345 testtest thunder1 training training1 trustno1 trustno1!
  undertaker unknown1 user1234 victoria vitruvian vitruvian1 welcome1 welcome12 welcome123 welcome1234 whatever
  whatever1 william1 winter123 workout1 workout123 xxxxxxxx xxxxxxxxxx yankees1 zaq12wsx zaq1zaq1 zxcvbnm1 zxcvbnm123
  zxcvbnm, zxcvzxcv zzzzzzzz
`;

const common = new Set(COMMON.trim().split(/\s+/));

/** Whether the password, whatever its letter case, is one of those that are tried first. */
export const isCommonPassword = (password: string): boolean => common.has(password.toLowerCase());
