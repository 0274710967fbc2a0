/**
 * A report that a reader makes: the content of its file, as `reports/*.yml` has it, and changes of it.
 * Every change returns a new declaration, so that it can be undone.
 */

export const PARTS = ['axis', 'series', 'rows'];
const ORDER = [
	'id', 'title', 'question', 'definition', 'source', 'join', 'measures', 'dimensions', 'filters', 'date',
	'grain', 'chart', 'axis', 'series', 'rows', 'sort', 'limit', 'left_out', 'stack', 'histogram', 'alongside',
	'requires', 'recency_note', 'page'
];
// The parts of a file that belong to one chart, or to the mart of the report that was copied.
const OF_CHART = ['left_out', 'stack', 'histogram', 'alongside'];
const OF_MART = ['columns', 'breakdowns'];
// Of the members of a chart.
const OF_MEMBERS = ['sort', 'limit'];
const MARK = '#build=';

/** A report of one source that counts its rows. */
export function begun(catalogue, name) {
	const source = sourceOf(catalogue, name);
	const whole = source.measures.filter(({ base, within }) => !base && !within.length);
	const first = whole.find(({ name, aggregation }) => aggregation === 'count' && name.endsWith('_count')) ?? whole[0];
	return { source: name, measures: [first.name], dimensions: [], filters: [], chart: 'line' };
}

export const sourceOf = (catalogue, name) => catalogue.sources.find((source) => source.name === name);

/** The catalogue's name of a measure or a field, which a report may call differently. */
export const nameOf = (item) => item?.measure ?? item?.field ?? item;
const calledOf = (item) => item?.name ?? nameOf(item);

/** A report's own copy of another one: without its id, and without what its mart or page is called. */
export function copied({ id, ...declared }) {
	return Object.fromEntries(Object.entries(declared).filter(([key]) => !OF_MART.includes(key)));
}

/** The measures that a report can count, medians and percentiles after the others. */
export function measuresOf(catalogue, declared) {
	const all = sourceOf(catalogue, declared.source).measures;
	return [...all.filter(({ base }) => !base), ...all.filter(({ base }) => base)];
}

/** The measure of a name in the file. */
export const measureOf = (catalogue, declared, item) =>
	sourceOf(catalogue, declared.source).measures.find(({ name }) => name === nameOf(item));

/** The figures of the same values: their average, median, percentile and sum. Empty where there is one alone. */
export function aggregationsOf(catalogue, declared, item) {
	const own = measureOf(catalogue, declared, item);
	const all = sourceOf(catalogue, declared.source).measures;
	const mean = own?.base
		? all.find(({ name }) => name === own.base)
		: all.find((one) => one.has_values && !one.base && (one === own || one.sum === own?.name));
	if (!mean) return [];
	return [mean, ...all.filter(({ base }) => base === mean.name), ...all.filter(({ name }) => name === mean.sum)];
}

/** Another figure of the same values in the place of a measure. */
export function withAggregation(declared, item, name) {
	const others = declared.measures.filter((one) => one === item || nameOf(one) !== name);
	const isFirst = declared.measures[0] === item;
	const changed = { ...declared, measures: others.map((one) => (one === item ? name : one)) };
	return isFirst ? without(changed, ...OF_CHART) : changed;
}

/** Why a chart cannot show the first measure; undefined if it can. */
export function whyNot(catalogue, declared, chart) {
	const main = measureOf(catalogue, declared, declared.measures[0]);
	if (chart === 'stacked' && main?.has_n) return 'no_sum';
	if (chart === 'dots' && !main?.has_values) return 'no_values';
	if (chart === 'share' && (main?.has_minus || main?.base)) return 'no_share';
	return undefined;
}

/** A report whose chart can show its first measure: lines, if the present one cannot. */
export function repaired(catalogue, declared) {
	const isArea = declared.chart === 'area' && declared.series;
	const main = measureOf(catalogue, declared, declared.measures[0]);
	const isPossible = !whyNot(catalogue, declared, declared.chart) && !(isArea && main?.has_n);
	return isPossible ? declared : withChart(catalogue, declared, declared.rows ? 'bar' : 'line');
}

/** The measure that has a meaning only within one member of a field, and that field, where none is there. */
export function withoutMeaning(catalogue, declared) {
	const whole = finished(declared);
	const named = [...(whole.dimensions ?? []).map(nameOf), ...(whole.filters ?? []).map(({ field }) => field)];
	const present = named.map((name) => name?.split('.').at(-1));
	const measure = declared.measures
		.map((item) => measureOf(catalogue, declared, item))
		.find((one) => one?.within.length && !one.within.some((name) => present.includes(name)));
	return measure && { measure, field: measure.within[0] };
}

/**
 * All fields that a report can use: of its source, and of those that its keys lead to. `ref` is the name
 * in the file, `join` what the file needs for it.
 */
export function fieldsOf(catalogue, declared) {
	const source = sourceOf(catalogue, declared.source);
	const joined = new Map((declared.join ?? []).map((item) => [item.source ?? item, item]));
	const own = source.fields.map((field) => ({ ...field, ref: field.name, of: source.label }));
	const others = source.joins.flatMap(({ source: name, by, label }) => {
		const target = sourceOf(catalogue, name);
		const isOneWay = source.joins.filter((join) => join.source === name).length === 1;
		const join = isOneWay ? name : { source: name, by };
		const present = joined.get(name);
		// A source is joined once, in one way.
		if (present && !isOneWay && JSON.stringify(present) !== JSON.stringify(join)) return [];
		return target.fields
			.filter((field) => !(field.type === 'key' && (field.is_detail || !target.is_primary)))
			.map((field) => ({ ...field, ref: `${name}.${field.name}`, of: label, join: present ?? join }));
	});
	return [...own, ...others];
}

/** The field of a name in the file: with its source before it, or of any source that has it. */
export const fieldOf = (fields, name) =>
	fields.find(({ ref }) => ref === name) ?? fields.find((field) => field.name === name);

export const isDimension = (field) => !field.is_detail && !['date', 'timestamp'].includes(field.type);

/** The parts that a chart shows: those that it needs first. */
export const partsOf = (catalogue, declared) => {
	const { needs, may } = chartOf(catalogue, declared.chart);
	return [...needs, ...mayHave(catalogue, declared, declared.chart, may)];
};
// An average over time is no area of several.
const mayHave = (catalogue, declared, chart, may) =>
	chart === 'area' && measureOf(catalogue, declared, declared.measures[0])?.has_n ? [] : may;
const chartOf = (catalogue, chart) => catalogue.charts.find(({ name }) => name === (chart ?? 'line'));

/** The parts that are missing before the chart can be shown. */
export const missingOf = (catalogue, declared) =>
	chartOf(catalogue, declared.chart).needs.filter((part) => !declared[part]);

const without = (declared, ...keys) =>
	Object.fromEntries(Object.entries(declared).filter(([key]) => !keys.includes(key)));

function joinedWith(declared, field) {
	const joins = declared.join ?? [];
	const isThere = joins.some((item) => (item.source ?? item) === (field.join?.source ?? field.join));
	return field.join && !isThere ? { ...declared, join: [...joins, field.join] } : declared;
}

export function withMeasure(declared, name) {
	if (declared.measures.some((item) => nameOf(item) === name)) return declared;
	return { ...declared, measures: [...declared.measures, name] };
}

/** The first measure is the headline, and the chart shows it. */
export function withFirst(declared, name) {
	const [item] = declared.measures.filter((one) => nameOf(one) === name);
	const others = declared.measures.filter((one) => one !== item);
	return without({ ...declared, measures: [item ?? name, ...others] }, ...OF_CHART);
}

export function withoutMeasure(declared, name) {
	const measures = declared.measures.filter((item) => nameOf(item) !== name);
	if (!measures.length) return declared;
	return without({ ...declared, measures }, ...OF_CHART);
}

/** A dimension, which has a table on the report's page. */
export function withDimension(declared, field) {
	const dimensions = declared.dimensions ?? [];
	if (dimensions.some((item) => nameOf(item) === field.ref)) return declared;
	return { ...joinedWith(declared, field), dimensions: [...dimensions, field.ref] };
}

export function withoutDimension(declared, name) {
	const parts = PARTS.filter((part) => declared[part] === name);
	return {
		...without(declared, ...parts, ...(parts.length ? OF_CHART : [])),
		dimensions: (declared.dimensions ?? []).filter((item) => calledOf(item) !== name)
	};
}

/** A field in a part of the chart, in place of the one that is there. */
export function withPart(declared, part, field) {
	const taken = declared[part] ? withoutDimension(declared, declared[part]) : declared;
	const other = PARTS.find((one) => one !== part && taken[one] === field.ref);
	const moved = other ? without(taken, other) : taken;
	// A chart has time, an axis or a series, and of the last two one alone.
	const against = { axis: 'series', series: 'axis' }[part];
	const cleared = against && moved[against] ? withoutDimension(moved, moved[against]) : moved;
	return { ...withDimension(without(cleared, ...OF_CHART), field), [part]: field.ref };
}

/** The parts of the chart whose fields a change took out of the report, except the changed one. */
export const displaced = (before, after, changed) =>
	PARTS.filter((part) => {
		const name = before[part];
		return name && part !== changed && !(after.dimensions ?? []).some((item) => calledOf(item) === name);
	});

export const withoutPart = (declared, part) => withoutDimension(declared, declared[part]);

/** Another chart; its parts get the fields of those that it does not have. */
export function withChart(catalogue, declared, chart) {
	const { needs, may: all } = chartOf(catalogue, chart);
	const may = mayHave(catalogue, declared, chart, all);
	const used = PARTS.map((part) => declared[part]).filter(Boolean);
	let found = without({ ...declared, chart }, ...PARTS, ...OF_CHART);
	const kept = {};
	const free = [];
	for (const part of [...needs, ...may]) {
		if (declared[part] && !(part !== 'rows' && (kept.axis || kept.series) && !needs.includes(part)))
			kept[part] = declared[part];
		else if (needs.includes(part)) free.push(part);
	}
	const left = used.filter((name) => !Object.values(kept).includes(name));
	for (const part of free) if (left.length) kept[part] = left.shift();
	// A chart with one optional part takes over a field, too.
	if (!needs.length && may.length && !Object.keys(kept).length && left.length) kept[may.at(-1)] = left.shift();
	for (const name of left) found = withoutDimension(found, name);
	return { ...found, ...kept };
}

/** The place in which a chosen field is most likely wanted: a part of the chart, or a table. */
export function withField(catalogue, declared, field) {
	const part = missingOf(catalogue, declared)[0];
	const free = part ?? partsOf(catalogue, declared).find((one) => !declared[one]);
	const isFree = free && !(free !== 'rows' && (declared.axis || declared.series) && !part);
	return isFree && !field.has_several_values ? withPart(declared, free, field) : withDimension(declared, field);
}

export const withKey = (declared, key, value) =>
	value === undefined || value === '' ? without(declared, key) : { ...declared, [key]: value };

/** The number of members that a chart shows one by one; an empty text is that of the chart. */
export function withLimit(catalogue, declared, text) {
	const limit = Math.round(Number(text));
	return withKey(declared, 'limit', limit > 0 ? Math.min(limit, catalogue.most_members) : undefined);
}

/** The comparisons of a field's type. */
export function comparisonsOf(field) {
	if (['number', 'date', 'timestamp'].includes(field.type)) return ['at_least', 'at_most', 'is', 'is_not', 'filled'];
	return field.has_several_values ? ['is', 'all', 'is_not', 'filled'] : ['is', 'is_not', 'filled'];
}

export const comparisonIn = (filter) => Object.keys(filter).find((key) => key !== 'field');

/** A filter that a reader has begun; it counts once it has a value. */
export const begunFilter = (field) => ({ field: field.ref, [comparisonsOf(field)[0]]: field.type === 'boolean' ? true : [] });

const isWhole = (filter) => {
	const value = filter[comparisonIn(filter)];
	return Array.isArray(value) ? value.length > 0 : value !== '' && value !== undefined && value !== null;
};

/** The declaration without what is not finished. */
export function finished(declared) {
	const filters = (declared.filters ?? []).flatMap((filter) => {
		if (!filter.any) return isWhole(filter) ? [filter] : [];
		const any = filter.any.filter(isWhole);
		return any.length > 1 ? [{ any }] : any;
	});
	const members = PARTS.some((part) => declared[part]) ? declared : without(declared, ...OF_MEMBERS);
	const kept = Object.entries({ ...members, filters }).filter(
		([, value]) => value !== undefined && value !== '' && !(Array.isArray(value) && !value.length)
	);
	return Object.fromEntries(kept);
}

/** The text of a report's file. A text in quotes is the same in YAML and in JSON. */
export function yamlOf(declared) {
	const whole = finished(declared);
	const keys = [...ORDER, ...Object.keys(whole).filter((key) => !ORDER.includes(key))];
	return keys
		.filter((key) => whole[key] !== undefined)
		.map((key) =>
			key === 'filters'
				? `filters:\n${whole.filters.map((filter) => `  - ${flow(filter)}\n`).join('')}`
				: `${key}: ${flow(whole[key])}\n`
		)
		.join('');
}

const PLAIN = /^[A-Za-z][A-Za-z0-9_.]*$/;
// Words that YAML reads as something else than a text.
const WORDS = /^(true|false|yes|no|on|off|null|y|n)$/i;
const DAY = /^\d{4}-\d\d-\d\d$/;

function flow(value) {
	if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
	if (value && typeof value === 'object')
		return `{${Object.entries(value).map(([key, one]) => `${key}: ${flow(one)}`).join(', ')}}`;
	if (typeof value !== 'string') return JSON.stringify(value);
	return (PLAIN.test(value) && !WORDS.test(value)) || DAY.test(value) ? value : JSON.stringify(value);
}

/** The fragment of an address that carries a report. */
export const fragmentOf = (declared) => MARK + encodeURIComponent(JSON.stringify(finished(declared)));

/** The report that a fragment carries; undefined for another one. */
export function inFragment(hash) {
	if (!hash.startsWith(MARK)) return undefined;
	try {
		const found = JSON.parse(decodeURIComponent(hash.slice(MARK.length)));
		return found && typeof found === 'object' && Array.isArray(found.measures) ? found : undefined;
	} catch {
		// A link that was cut off.
		return undefined;
	}
}

/** A name for the file: the letters and digits of the title. */
export const fileName = (title) =>
	title
		.normalize('NFD')
		.toLowerCase()
		.replace(/[^a-z0-9]+/g, '_')
		.replace(/^[^a-z]+|_+$/g, '')
		.slice(0, 50)
		.replace(/_+$/, '');
