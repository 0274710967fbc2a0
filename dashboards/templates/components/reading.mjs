/**
 * The inputs of a page's queries, by the choices of its reader. Independent of the browser, so that
 * the generator can run the same queries before a reader does.
 *
 * The inputs are numbers, dates and names of files in the catalogue.
 */

const DAY = 86_400_000;

/** The periods to choose from: days back from the last one, or all. */
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
// 31 February is read as 3 March: a date is one that is written as it is read.
const isDate = (value) =>
	/^\d{4}-\d\d-\d\d$/.test(value ?? '') && !isNaN(Date.parse(value)) && text(Date.parse(value)) === value;

/**
 * First and last day of the chosen period, and of the same number of days before it.
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
 * The number of the chosen member of each filter, 0 for all. Numbers change with each build, keys do
 * not.
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
	// The files of one member have all its detail; those of a company are the smallest.
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

/** A table without owner and company, for the months of the period and, for sums, of the one before. */
function whole(desk, slug, report, kind, span) {
	const { columns, files } = report.tables[kind];
	const month = (day) => day.replaceAll('-', '').slice(0, 6);
	const first = month(kind.startsWith('values_') ? span.start : span.before_start);
	const needed = files.filter(
		(file) => file === 'all' || (file >= first && file <= month(span.end))
	);
	return union(columns, needed.map((file) => table(desk, slug, kind, file)));
}

/** The rows of a member; single values come from the lists in its detail. */
function detail(desk, slug, report, slice, number) {
	const bucket = String(desk.filters[slice].buckets[number - 1]);
	const files = report.slices[slice].includes(bucket) ? [bucket] : [];
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
