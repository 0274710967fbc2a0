/**
 * The language of the page. English is the language of the source: its texts are the keys of the catalogues
 * of the other languages, as in gettext. The layout has set the language before a page is drawn, and another
 * choice loads the page again.
 */
const SOURCE = 'en';
const KEPT = 'desk.language';
// The texts of the data that is read: titles, definitions, labels. Names of members are shown as they are.
const DATA = [
	'title', 'question', 'definition', 'description', 'label', 'series_label', 'rows_label', 'axis_label',
	'difference', 'noun', 'partly'
];
// Contexts of a catalogue: words among names of members, and sentences that come with their values.
const WORD = 'word\u0004';
const SENTENCE = 'sentence\u0004';
let texts = new Map();
let patterns;

/** The code of the language of the page, such as nb. */
export const code = () => globalThis.document?.documentElement.lang || SOURCE;

export const isSource = () => code() === SOURCE;

const places = () => [sessionStorage, localStorage];

/** The language that the reader has chosen in this browser; undefined without a choice. */
export function keptLanguage() {
	try {
		return places().map((place) => place.getItem(KEPT)).find(Boolean);
	} catch {
		// Pages are readable without storage, too.
		return undefined;
	}
}

/**
 * The language to show: that of the address, which a link brings along, or the reader's, or the default.
 * After Back and a reload the reader's comes first, who may have changed it since.
 * @param {string[]} codes of all languages
 * @param {string} usual the default
 */
export function wantedLanguage(codes, usual) {
	const asked = new URLSearchParams(location.search).get('language');
	const isLink = performance.getEntriesByType('navigation')[0]?.type === 'navigate';
	const wanted = isLink ? [asked, keptLanguage()] : [keptLanguage(), asked];
	const found = wanted.find((one) => codes.includes(one));
	if (found && found === asked) keep(asked, [sessionStorage]);
	return found ?? usual;
}

/** Keep another language in the browser and in the address, and load the page in it. */
export function chooseLanguage(chosen) {
	keep(chosen, places());
	const address = new URL(location.href);
	address.searchParams.set('language', chosen);
	history.replaceState(history.state, '', address);
	location.reload();
}

function keep(chosen, places) {
	try {
		for (const place of places) place.setItem(KEPT, chosen);
	} catch {
		// The address has it.
	}
}

/**
 * Take up the texts of the language.
 * @param {Record<string, string | Record<string, string>>} found by their English text; by category where a
 * number decides; a text with a context has it before its English text, with a character 4 between
 */
export function useTexts(found) {
	texts = new Map(Object.entries(found));
	patterns = undefined;
}

/** A text with its values; a name in braces without a value stays. */
const filled = (text, values) =>
	text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));

/**
 * A text in the language of the page: t('Show all {n}', { n }).
 * @param {string} text in English
 * @param {Record<string, unknown>} [values] by their names in the text
 */
export function t(text, values = {}) {
	const found = texts.get(text);
	return filled((found && typeof found === 'object' ? found.other : found) ?? text ?? '', values);
}

/**
 * A text that depends on a number, which is its value `n`: tn('{n} ticket', '{n} tickets', n).
 * @param {string} one in English
 * @param {string} other
 * @param {number} n
 * @param {Record<string, unknown>} [values]
 */
export function tn(one, other, n, values = {}) {
	const category = new Intl.PluralRules(code()).select(n);
	const found = texts.get(one);
	const text = found?.[category] ?? found?.other ?? (n === 1 ? one : other);
	return filled(text, { n: number({ maximumFractionDigits: 0 }).format(n), ...values });
}

/**
 * A word of the product among names of members, such as a weekday or a status; a name stays as it is. The
 * data has first_response and First response for "first response".
 */
export function word(name) {
	if (typeof name !== 'string' || !name) return name;
	const plain = name.replaceAll('_', ' ');
	const found = texts.get(WORD + plain) ?? texts.get(WORD + plain[0].toLowerCase() + plain.slice(1));
	if (!found) return name;
	return /^\p{Lu}/u.test(name) ? found[0].toLocaleUpperCase(code()) + found.slice(1) : found;
}

/** The name of a member, and a word where there is none: No team, Unassigned, Kept by the help desk. */
export const named = (name) => (/^(No|Unassigned|Unknown|Kept by)\b/.test(name) ? word(name) : name);

/**
 * A sentence that comes with its values in English, such as the meaning of a check: the catalogue has it with
 * names in the places of the values, which are sentences or words again.
 * @param {string} text
 */
export function sentence(text) {
	if (isSource() || typeof text !== 'string') return text;
	const exact = texts.get(SENTENCE + text);
	if (exact) return exact;
	patterns ??= [...texts.keys()].filter((key) => key.startsWith(SENTENCE) && key.includes('{')).map(patternOf)
		.sort((one, other) => other.length - one.length);
	for (const { key, pattern, names } of patterns) {
		const values = text.match(pattern)?.slice(1);
		if (!values) continue;
		return filled(texts.get(key), Object.fromEntries(names.map((name, place) => [name, sentence(values[place])])));
	}
	const names = text.split(', ');
	// Such as the statuses in which a clock ran.
	if (names.length > 1 && names.every((name) => word(name) !== name)) return names.map(word).join(', ');
	return localized(word(text));
}

function patternOf(key) {
	const text = key.slice(SENTENCE.length);
	const pieces = text.split(/\{\w+\}/).map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
	const names = [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
	return { key, names, pattern: new RegExp(`^${pieces.join('(.*?)')}$`, 's'), length: pieces.join('').length };
}

const UNITS = {
	d: (days) => t('{days} d', { days }),
	h: (hours) => t('{hours} h', { hours }),
	min: (minutes) => t('{minutes} min', { minutes }),
	s: (seconds) => t('{seconds} s', { seconds })
};

/** A value within a sentence in English: a duration, or a number with thousands separators. */
function localized(text) {
	const own = (digits) => number().format(Number(digits.replaceAll(',', '')));
	if (/^[\d,]+ (d|h|min|s)( \d+ (h|min|s))*$/.test(text))
		return text.replace(/([\d,]+) (d|h|min|s)/g, (_, digits, unit) => UNITS[unit](own(digits)));
	return /^\d{1,3}(,\d{3})+$/.test(text) ? own(text) : text;
}

/** The parts of a text for markup around its values: plain texts, and names of values in braces. */
export const parts = (text) =>
	text.split(/(\{\w+\})/).map((part) => (/^\{\w+\}$/.test(part) ? { name: part.slice(1, -1) } : { plain: part }));

/** Data with its texts in the language of the page. */
export function translated(data) {
	if (isSource() || !data || typeof data !== 'object') return data;
	if (Array.isArray(data)) return data.map(translated);
	return Object.fromEntries(
		Object.entries(data).map(([name, value]) => [
			name,
			typeof value === 'string' && DATA.includes(name) ? composed(value) : translated(value)
		])
	);
}

/** A text, or one of several: the definition of a report that is not saved has those of its measures and date. */
function composed(text) {
	if (texts.has(text)) return t(text);
	const pieces = text.split(/(?<=[.:]) /);
	const found = [];
	while (pieces.length) {
		const known = pieces.map((_, n) => pieces.slice(0, n + 1).join(' ')).findLast((one) => texts.has(one.replace(/:$/, '')));
		const one = known ?? pieces[0];
		found.push(one.endsWith(':') ? `${t(one.slice(0, -1))}:` : t(one));
		pieces.splice(0, one.split(/(?<=[.:]) /).length);
	}
	return found.join(' ');
}

const formats = new Map();

/** A format of the language, made once. English numbers are American, and English dates British. */
function format(Kind, english, options) {
	const locale = isSource() ? english : code();
	const key = `${Kind.name} ${locale} ${JSON.stringify(options)}`;
	if (!formats.has(key)) formats.set(key, new Kind(locale, options));
	return formats.get(key);
}

export const number = (options) => format(Intl.NumberFormat, 'en-US', options);
export const date = (options) => format(Intl.DateTimeFormat, 'en-GB', options);

/** The order of names in the language. */
export const compare = (options) => format(Intl.Collator, 'en', { numeric: true, ...options }).compare;
