/**
 * What a page's queries read, from what its reader has chosen. Free of the browser, so that the
 * same code says in the generator what a query will be, before a reader has it.
 *
 * Only numbers, dates and names of files that the catalogue lists are set into SQL.
 */

const DAY = 86_400_000;

/** The periods that are offered: days back from the last one, or all of them. */
export const PERIODS = [
	{ value: '7', label: 'Last 7 days' },
	{ value: '30', label: 'Last 30 days' },
	{ value: '90', label: 'Last 90 days' },
	{ value: '365', label: 'Last 365 days' },
	{ value: 'all', label: 'All time' },
	{ value: 'custom', label: 'Custom' }
];
export const GRAINS = ['day', 'week', 'month', 'quarter', 'year'];

const text = (time) => new Date(time).toISOString().slice(0, 10);
const isDate = (value) => /^\d{4}-\d\d-\d\d$/.test(value ?? '') && !isNaN(Date.parse(value));

/**
 * First and last day of the chosen period, and of as many days before it.
 * @param {{ first: string, last: string }} clock
 * @param {{ period?: string, start?: string, end?: string }} chosen
 */
export function period(clock, chosen) {
	let [start, end] = [clock.first, clock.last];
	if (chosen.period === 'custom' && isDate(chosen.start) && isDate(chosen.end)) {
		[start, end] = [chosen.start, chosen.end].sort();
	} else if (/^\d+$/.test(chosen.period ?? '')) {
		start = text(Date.parse(end) - (Number(chosen.period) - 1) * DAY);
	}
	const days = (Date.parse(end) - Date.parse(start)) / DAY + 1;
	return {
		start,
		end,
		before_start: text(Date.parse(start) - days * DAY),
		before_end: text(Date.parse(start) - DAY),
		days
	};
}

/**
 * The number of the chosen member of each filter, 0 for all: keys outlive a build, numbers do not.
 * @param {object} desk the catalogue
 * @param {Record<string, string>} chosen keys by filter
 */
export function choices(desk, chosen) {
	return Object.fromEntries(
		Object.entries(desk.filters).map(([name, members]) => [
			name,
			chosen[name] === undefined ? 0 : members.keys.indexOf(chosen[name]) + 1
		])
	);
}

/**
 * The inputs of all queries: `period`, `grain`, and for each report `rows`, `values` and `where`.
 * @param {object} desk the catalogue
 * @param {object} chosen what the reader has chosen, with keys by filter
 */
export function readings(desk, chosen) {
	const numbers = choices(desk, chosen);
	const span = period(desk.clock, chosen);
	const grain = GRAINS.includes(chosen.grain) ? chosen.grain : desk.defaults.grain;
	const reports = Object.entries(desk.reports).map(([slug, report]) => [
		slug,
		reading(desk, slug, report, numbers, span)
	]);
	return { period: { ...span, today: desk.clock.today }, grain, ...Object.fromEntries(reports) };
}

function reading(desk, slug, report, numbers, span) {
	const chosen = report.filters.filter((name) => numbers[name] > 0);
	// The files of one member hold all its detail; the company's are the smallest.
	const slice = ['company', 'agent'].find((name) => chosen.includes(name) && report.slices[name]);
	const from = slice
		? detail(desk, slug, report, slice, numbers[slice])
		: (kind) => whole(desk, slug, report, kind, span);
	const kinds = Object.keys(report.tables).map((kind) => [kind, from(kind)]);
	return {
		...Object.fromEntries(kinds),
		where: chosen.map((name) => `${name}_id = ${Number(numbers[name])}`).join(' and ') || 'true'
	};
}

/** A table of the whole desk, in the months of the period and, for the sums, the one before it. */
function whole(desk, slug, report, kind, span) {
	const { columns, files } = report.tables[kind];
	const month = (day) => day.replaceAll('-', '').slice(0, 6);
	const first = month(kind === 'main' ? span.before_start : span.start);
	const needed = files.filter(
		(file) => file === 'all' || (file >= first && file <= month(span.end))
	);
	return union(columns, needed.map((file) => table(desk, slug, kind, file)));
}

/** The rows of a member; single values are taken out of the lists that the detail holds. */
function detail(desk, slug, report, slice, number) {
	const bucket = String(desk.filters[slice].buckets[number - 1]);
	const files = report.slices[slice].includes(bucket) ? [bucket] : [];
	const rows = union(
		report.detail,
		files.map((file) => table(desk, slug, slice, file))
	);
	return (kind) => {
		const list = report.lists?.[kind];
		return list ? `(select *, unnest(${list}) as value from ${rows})` : rows;
	};
}

const table = (desk, slug, kind, file) => `desk.d_${desk.folder}__${slug}__${kind}__${file}`;

/** Nothing to read is a table too, of the same columns. */
function union(columns, tables) {
	if (tables.length === 1) return tables[0];
	if (tables.length) return `(${tables.map((name) => `select * from ${name}`).join(' union all ')})`;
	const empty = columns.map((column) => {
		const type = column === 'report_date' ? 'timestamp' : 'double';
		return `null::${type}${column.endsWith('_values') ? '[]' : ''} as ${column}`;
	});
	return `(select ${empty.join(', ')} where false)`;
}
