/**
 * The inputs of a page's queries, by the choices of its reader. Independent of the browser, so that
 * the generator can run the same queries before a reader does.
 *
 * The inputs are numbers, dates and names of files in the catalogue.
 */

const DAY = 86_400_000;

/** The periods to choose from; those of the calendar have a unit, and how many of it ago they are. */
export const PERIODS = [
	{ value: 'today', label: 'Today', unit: 'day', ago: 0 },
	{ value: 'yesterday', label: 'Yesterday', unit: 'day', ago: 1 },
	{ value: 'this_week', label: 'This week', unit: 'week', ago: 0 },
	{ value: 'last_week', label: 'Last week', unit: 'week', ago: 1 },
	{ value: 'this_month', label: 'This month', unit: 'month', ago: 0 },
	{ value: 'last_month', label: 'Last month', unit: 'month', ago: 1 },
	{ value: 'this_quarter', label: 'This quarter', unit: 'quarter', ago: 0 },
	{ value: 'last_quarter', label: 'Last quarter', unit: 'quarter', ago: 1 },
	{ value: 'this_year', label: 'This year', unit: 'year', ago: 0 },
	{ value: 'last_year', label: 'Last year', unit: 'year', ago: 1 },
	{ value: '7', label: 'Last 7 days' },
	{ value: '30', label: 'Last 30 days' },
	{ value: '90', label: 'Last 90 days' },
	{ value: '365', label: 'Last 365 days' },
	{ value: 'all', label: 'All time' },
	{ value: 'custom', label: 'Custom' }
];
// The filters with many members have files of their own, of some 20,000 rows each; a report reads no
// more than these.
const SLICED = ['company', 'agent'];
const MOST_FILES = 20;
/** The choices with one value; the others are filters. */
export const CHOICES = ['period', 'start', 'end', 'compare', 'grain'];
export const COMPARISONS = [
	{ value: 'previous', label: 'Previous period' },
	{ value: 'year', label: 'Same period last year' }
];
// The number of units in a year. Days and weeks keep their weekdays.
const A_YEAR = { day: 364, week: 52, month: 12, quarter: 4, year: 1 };
const MONTHS = { month: 1, quarter: 3, year: 12 };
// The fewest days of each grain.
const GRAIN_DAYS = { day: 1, week: 7, month: 28, quarter: 90, year: 365 };
export const GRAINS = Object.keys(GRAIN_DAYS);

const text = (time) => new Date(time).toISOString().slice(0, 10);
// 31 February is read as 3 March: a date is one that is written as it is read.
const isDate = (value) =>
	/^(19|2\d)\d\d-\d\d-\d\d$/.test(value ?? '') && !isNaN(Date.parse(value)) && text(Date.parse(value)) === value;

const moved = (day, days) => text(Date.parse(day) + days * DAY);
const length = (start, end) => (Date.parse(end) - Date.parse(start)) / DAY + 1;

/** The first day of the week, month, ... that a day is in, or of one that many ago. */
function starting(unit, day, ago = 0) {
	if (unit === 'day') return moved(day, -ago);
	if (unit === 'week') return moved(day, -((new Date(day).getUTCDay() + 6) % 7) - 7 * ago);
	const [year, month] = day.split('-').map(Number);
	const months = 12 * year + month - 1;
	const first = months - (months % MONTHS[unit]) - MONTHS[unit] * ago;
	return text(Date.UTC(Math.floor(first / 12), first % 12, 1));
}

/** The last day of the week, month, ... that a day is in. */
const ending = (unit, day) => moved(starting(unit, day, -1), -1);

/** 29 February has 28 February a year before. */
const yearBefore = (day) => `${day.slice(0, 4) - 1}${day.slice(4)}`.replace('-02-29', '-02-28');

/**
 * First and last day of the chosen period, and of the one to compare it with, and whether the data
 * has all of that one.
 * @param {{ first: string, last: string }} clock
 * @param {{ period?: string, start?: string, end?: string, compare?: string }} chosen
 */
export function period(clock, chosen) {
	let [start, end] = [clock.first, clock.last];
	const { unit, ago } = PERIODS.find(({ value }) => value === chosen.period) ?? {};
	if (unit) {
		start = starting(unit, clock.last, ago);
		end = ago ? ending(unit, start) : clock.last;
	} else if (chosen.period === 'custom' && isDate(chosen.start) && isDate(chosen.end)) {
		[start, end] = [chosen.start, chosen.end].sort();
	} else if (/^[1-9]\d{0,4}$/.test(chosen.period ?? '')) {
		start = moved(end, 1 - Number(chosen.period));
	}
	const [before_start, before_end] = compared(unit, start, end, chosen.compare === 'year');
	return {
		start,
		end,
		before_start,
		before_end,
		days: length(start, end),
		is_compared: before_start >= clock.first && before_end < start
	};
}

/** A period of the calendar is compared with a whole one, or while it lasts with as many days of it. */
function compared(unit, start, end, isYearBefore) {
	const days = length(start, end);
	if (!unit && isYearBefore) return [yearBefore(start), yearBefore(end)];
	if (!unit) return [moved(start, -days), moved(start, -1)];
	const first = starting(unit, start, isYearBefore ? A_YEAR[unit] : 1);
	const last = ending(unit, first);
	return [first, end < ending(unit, start) ? [last, moved(first, days - 1)].sort()[0] : last];
}

/** The grains that are not longer than a period of these days. */
export const possibleGrains = (days) => GRAINS.filter((grain) => GRAIN_DAYS[grain] <= days);

/** The wanted grain; where the period is too short for it, the longest that it has twice. */
export function possibleGrain(days, wanted) {
	if (possibleGrains(days).includes(wanted)) return wanted;
	return possibleGrains(days / 2).at(-1) ?? 'day';
}

/** The keys that a filter keeps, or with `.not` after its name those that it leaves out. */
export const keysOf = (chosen, name) => [chosen[name] ?? []].flat();

/**
 * The days of a bucket of a chart, within a period, and the next finer grain.
 * @param {number | string | Date} bucket its first day
 * @param {string} grain
 * @param {{ start: string, end: string }} within
 */
export function bucketDays(bucket, grain, within) {
	const first = new Date(bucket);
	const next = new Date(first);
	const months = { month: 1, quarter: 3, year: 12 }[grain];
	if (months) next.setUTCMonth(first.getUTCMonth() + months);
	else next.setUTCDate(first.getUTCDate() + (grain === 'week' ? 7 : 1));
	const [start, end] = [text(first.getTime()), text(next.getTime() - DAY)];
	return {
		start: start < within.start ? within.start : start,
		end: end > within.end ? within.end : end,
		grain: grain === 'quarter' || grain === 'year' ? 'month' : 'day'
	};
}

/**
 * The conditions of each filter that has keys: numbers of its members to keep, or to leave out. A key
 * that is not in the data has the number 0, which no row has. Numbers change with each build, keys do
 * not.
 * @param {object} desk the catalogue
 * @param {Record<string, string | string[]>} chosen keys by filter
 */
function conditions(desk, chosen) {
	const numbers = (name, members) => keysOf(chosen, name).map((key) => members.keys.indexOf(key) + 1);
	return Object.fromEntries(
		Object.entries(desk.filters)
			.map(([name, members]) => [name, { in: numbers(name, members), out: numbers(`${name}.not`, members) }])
			.filter(([, found]) => found.in.length || found.out.length)
	);
}

/**
 * The inputs of all queries: `period`, `grain`, and for each report `rows`, `values` and `where`.
 * @param {object} desk the catalogue
 * @param {object} chosen what the reader has chosen, with keys by filter
 */
export function readings(desk, chosen) {
	const filters = conditions(desk, chosen);
	const span = period(desk.clock, chosen);
	const grain = GRAINS.includes(chosen.grain) ? chosen.grain : desk.defaults.grain;
	const reports = Object.entries(desk.reports).map(([slug, report]) => [
		slug,
		reading(desk, slug, report, filters, span)
	]);
	return { period: { ...span, today: desk.clock.today }, grain, ...Object.fromEntries(reports) };
}

function reading(desk, slug, report, filters, span) {
	const chosen = report.filters.filter((name) => filters[name]);
	const where = chosen.flatMap((name) => [
		...(filters[name].in.length ? [`${name}_id in (${filters[name].in.join(', ')})`] : []),
		...(filters[name].out.length ? [`${name}_id not in (${filters[name].out.join(', ')})`] : [])
	]);
	const { slice, files } = detailFiles(desk, report, chosen, filters);
	const is_too_large = files.length > MOST_FILES;
	const from = slice
		? detail(desk, slug, report, slice, is_too_large ? [] : files)
		: (kind) => whole(desk, slug, report, kind, span);
	const kinds = Object.keys(report.tables).map((kind) => [kind, from(kind)]);
	return { ...Object.fromEntries(kinds), where: where.join(' and ') || 'true', is_too_large };
}

/**
 * The fewest files with all rows of the chosen owners and companies. Each file has all detail of some
 * owners, or of some companies; together the files of either have every row.
 */
function detailFiles(desk, report, chosen, filters) {
	if (!SLICED.some((name) => report.slices[name] && chosen.includes(name))) return { files: [] };
	const found = SLICED.filter((name) => report.slices[name]).map((slice) => {
		const numbers = filters[slice]?.in ?? [];
		const wanted = numbers.map((number) => String(desk.filters[slice].buckets[number - 1]));
		const files = report.slices[slice].filter((file) => !wanted.length || wanted.includes(file));
		return { slice, files };
	});
	return found.sort((one, other) => one.files.length - other.files.length)[0];
}

/** A table without owner and company, for the months of the period and, if it is compared, of the other one. */
function whole(desk, slug, report, kind, span) {
	const { columns, files, is_compared } = report.tables[kind];
	const month = (day) => day.replaceAll('-', '').slice(0, 6);
	const needed = files.filter(
		(file) =>
			file === 'all' ||
			(file >= month(span.start) && file <= month(span.end)) ||
			(is_compared && span.is_compared && file >= month(span.before_start) && file <= month(span.before_end))
	);
	return union(columns, needed.map((file) => table(desk, slug, kind, file)));
}

/** The rows of some owners or companies; single values come from the lists in their detail. */
function detail(desk, slug, report, slice, files) {
	const rows = union(
		report.detail,
		files.map((file) => table(desk, slug, slice, file))
	);
	return (kind) => {
		const [list, name] = report.lists?.[kind] ?? [];
		return list ? `(select *, unnest(${list}) as ${name} from ${rows})` : rows;
	};
}

const table = (desk, slug, kind, file) => `desk.d_${desk.folder}__${slug}__${kind}__${file}`;

/** Without files, an empty table with the same columns. */
function union(columns, tables) {
	if (tables.length === 1) return tables[0];
	if (tables.length) return `(${tables.map((name) => `select * from ${name}`).join(' union all ')})`;
	const empty = columns.map((column) => {
		const type = column === 'report_date' ? 'timestamp' : 'double';
		return `null::${type}${/_(values|ids)$/.test(column) ? '[]' : ''} as ${column}`;
	});
	return `(select ${empty.join(', ')} where false)`;
}
