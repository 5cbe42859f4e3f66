import { Zipf } from '../lib/random.mjs'

/** @typedef {'latin' | 'cyrillic'} Script */
/** @typedef {{ first: string, last: string, script: Script, username: string }} Name */

// biome-ignore format: a list of names
const RUSSIAN_MEN = 'Александр Сергей Дмитрий Андрей Алексей Максим Евгений Иван Михаил Владимир Николай Артём Илья Роман Павел Денис Антон Кирилл Никита Константин Игорь Олег Виктор Юрий Егор Владислав Вадим Станислав Виталий Григорий Тимофей Даниил Матвей Степан Борис Глеб Фёдор Пётр Василий Анатолий Валерий Руслан Тимур Семён Леонид Геннадий Вячеслав Ярослав Арсений Лев Марк Георгий Богдан Всеволод Аркадий Эдуард Герман Святослав Захар Макар Савелий Платон Демид Родион Филипп Яков Лука Мирон Назар Ренат Камиль Марат Ильдар Ринат Айрат Артур'.split(' ')
// biome-ignore format: a list of names
const RUSSIAN_WOMEN = 'Анна Елена Ольга Наталья Екатерина Татьяна Мария Ирина Светлана Юлия Анастасия Дарья Александра Виктория Ксения Полина Марина Алина Евгения Вера Надежда Любовь Галина Людмила Валентина Лариса Оксана Софья Варвара Елизавета Кристина Маргарита Вероника Диана Яна Алёна Олеся Жанна Инна Алла Тамара Нина Зинаида Лидия Раиса Эльвира Гульнара Динара Камилла Милана Арина Ульяна Василиса Таисия Кира Злата Ева Мирослава Агата Снежана Регина Карина Эвелина Инга Рената Розалия Зоя Клавдия Серафима Антонина Майя Стефания Есения Амина Асия Лилия'.split(' ')
// biome-ignore format: a list of names
const ENGLISH = 'James John Robert Michael William David Richard Joseph Thomas Charles Christopher Daniel Matthew Anthony Mark Donald Steven Paul Andrew Joshua Kenneth Kevin Brian George Edward Ronald Timothy Jason Jeffrey Ryan Jacob Gary Nicholas Eric Jonathan Stephen Larry Justin Scott Brandon Benjamin Samuel Gregory Frank Alexander Raymond Patrick Jack Dennis Jerry Tyler Aaron Henry Adam Douglas Nathan Peter Zachary Kyle Walter Harold Jeremy Ethan Carl Keith Roger Gerald Christian Terry Sean Arthur Austin Noah Lawrence Jesse Dylan Bryan Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Lisa Nancy Betty Margaret Sandra Ashley Kimberly Emily Donna Michelle Carol Amanda Dorothy Melissa Deborah Stephanie Rebecca Sharon Laura Cynthia Kathleen Amy Angela Shirley Brenda Emma Anna Pamela Nicole Helen Samantha Katherine Christine Debra Rachel Carolyn Janet Catherine Maria Heather Diane Ruth Julie Olivia Joyce Virginia Victoria Kelly Lauren Christina Joan Evelyn Judith Megan Andrea Cheryl Hannah Jacqueline Martha Gloria Teresa Ann'.split(' ')

// biome-ignore format: a list of stems
const RUSSIAN_STEMS = 'Иван Смирн Кузнец Поп Васил Петр Сокол Михайл Нов Фёдор Мороз Волк Алексе Лебед Семён Егор Павл Козл Степан Никола Орл Андре Макар Никит Захар Зайц Соловь Борис Яковл Григорь Роман Воробь Серге Кузьм Фрол Александр Дмитри Корол Гус Кисел Ильи Максим Поляк Сорок Виноград Ковал Бел Медвед Антон Тарас Жук Баран Филипп Комар Давыд Бел Герасим Богдан Осип Сидор Матве Тит Марк Мирон Крыл Кулик Карп Влас Мельник Денис Гаврил Тихон Казак Афанась Данил Тимофе Фом Чернов Абрам Мартын Ефим Федот Щербак Назар Калинин Исак Черныш Быч Аристарх Родион Анисим Наум Потап Журавл Овчинник Панфил Копыл Лаврент Гончар Лобан Лук Горбун Кудряш Селезн Прохор Симон Харитон Кондрат Устин Трифон Лапт Артём Агаф Софрон Рожк Елис Силин Вишняк Рябин Голуб Щук Сух Дрозд Грач Бобр Зуб'.split(' ')
// biome-ignore format: two lists of halves
const ENGLISH_HALVES = [
  'Ash Black Brad Brook Clay Cross Dal East Fair Gar Green Hal Hart Haw Hol Ken Kirk Lang Law Lin Long Mar Mid Nor Oak Pem Ray Red Rich Sher Stan Stock Strat Sut Thorn Under Wal West Whit Wood'.split(' '),
  'ford ton ley wood well field bury ham worth ridge mont den man stone'.split(' '),
]
// biome-ignore format: a list of names
const ENGLISH_LAST = 'Smith Johnson Williams Brown Jones Miller Davis Wilson Anderson Taylor Moore Jackson Martin Lee Thompson White Harris Clark Lewis Robinson Walker Young Allen King Wright Scott Hill Adams Nelson Baker Hall Campbell Mitchell Carter Roberts'.split(' ')

// biome-ignore format: a table
const LATIN = Object.fromEntries('а=a б=b в=v г=g д=d е=e ё=e ж=zh з=z и=i й=y к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=kh ц=ts ч=ch ш=sh щ=sch ъ= ы=y ь= э=e ю=yu я=ya'.split(' ').map((pair) => pair.split('=')))
/** Transliterated as in passports. @param {string} text */
const inLatin = (text) => text.toLowerCase().replace(/[а-яё]/g, (letter) => LATIN[letter] ?? letter)
/** @param {string} text */
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1)

const russianLast = RUSSIAN_STEMS.flatMap((stem) => [`${stem}ов`, `${stem}ин`, `${stem}енко`, `${stem}ский`])
const englishLast = [
  ...ENGLISH_LAST,
  ...ENGLISH_HALVES[0].flatMap((half) => ENGLISH_HALVES[1].map((end) => half + end)),
]
const FIRST = { men: new Zipf(RUSSIAN_MEN, 0.8), women: new Zipf(RUSSIAN_WOMEN, 0.8), english: new Zipf(ENGLISH, 0.8) }
const LAST = { russian: new Zipf(russianLast, 0.6), english: new Zipf(englishLast, 0.6) }

/** @param {string} last */
const ofWoman = (last) => (last.endsWith('ский') ? `${last.slice(0, -2)}ая` : last.endsWith('енко') ? last : `${last}а`)

/** Three in five are Russian, most of them with Cyrillic names. @param {import('../lib/random.mjs').Random} random @returns {Name} */
export function nameOf(random) {
  const number = random.between(1, 9_999)
  if (random.next() < 0.4) {
    const [first, last] = [FIRST.english.draw(random), LAST.english.draw(random)]
    return { first, last, script: 'latin', username: usernameOf(first, last, number) }
  }
  const woman = random.next() < 0.5
  const first = (woman ? FIRST.women : FIRST.men).draw(random)
  const stem = LAST.russian.draw(random)
  const last = woman ? ofWoman(stem) : stem
  const username = usernameOf(inLatin(first), inLatin(last), number)
  if (random.next() < 0.7) return { first, last, script: 'cyrillic', username }
  return { first: capital(inLatin(first)), last: capital(inLatin(last)), script: 'latin', username }
}

/** Valid user names: lower case, 32 characters at most. @param {string} first @param {string} last @param {number} number */
const usernameOf = (first, last, number) => `${first}.${last}`.toLowerCase().slice(0, 28) + number
