import { derived, get, readable, writable } from 'svelte/store';
import { Query } from '@evidence-dev/sdk/usql';
import { addedTo, dimensions, loadDimensions } from './adding.js';
import { addedIn, addressOf, askServer, chosen, fetchReport, inputs, isLive, isUnchosen, loadDesk } from './desk.js';
import { t } from './language.js';

/** The SQL of a query for these inputs. */
const bind = (sql, values) =>
	sql.replace(/\$\{inputs\.([\w.]+)\}/g, (_, path) =>
		path.split('.').reduce((found, name) => found[name], values)
	);

// The results that a page shows last: small lines of members, and a table that is folded.
const LATE = /^(multiples|percentiles_trend_)/;

/** Rows as the result of a query. */
const loaded = (rows, error) => readable(Object.assign([...rows], { dataLoaded: !error, error }));

/**
 * The results of a report's queries, again after each choice of the reader. While new rows are read,
 * the old ones stay.
 *
 * The results for the choices with which pages open come from the report's file. For others the server
 * is asked; without one the database of the browser starts, which is large. Under filters that a reader
 * adds, the server computes the report from the facts, with members of its own.
 * @param {(sql: string, options: object) => unknown} execFn of the page's database
 * @param {object} desk the catalogue
 * @param {object} report the file of a report
 * @param {('queries' | 'own_queries')[]} parts of its queries
 * @param {() => boolean} isInSight whether the reader sees the report
 * @returns stores of the report and of the results by kind, and a function that ends the queries
 */
function runQueries(execFn, desk, report, parts, isInSight) {
	const { slug, has_file } = report.definition;
	const shown = writable(report);
	const running = writable({});
	const show = (kind, result) => running.update((all) => ({ ...all, [kind]: result }));
	const known = Object.fromEntries(
		Object.entries(report.first).map(([kind, rows]) => [kind, loaded(rows)])
	);
	// Kinds that show their file: a query that ends late must not replace it.
	const filed = new Set();
	const run = {};
	let asking;
	// Whether members are those of the server's answer in place of the build's.
	let isNarrowed = false;
	desk.reports[slug] = desk.built[slug];

	const start = (kind) =>
		Query.createReactive(
			{ callback: (query) => filed.has(kind) || show(kind, query), execFn },
			{ id: `${slug}_${kind}` }
		);

	async function ask({ part, kinds }, signal) {
		const name = part === 'queries' ? 'shared' : 'own';
		const only = kinds.map((kind) => `&only=${kind}`).join('');
		const path = `pages/${desk.folder}/${slug}/${name}?${addressOf(get(chosen))}${only}`;
		return loadedAll(await inTurn(() => askServer(path, signal), isInSight, signal));
	}

	async function askAll(missing, signal) {
		for (const some of missing) {
			try {
				const found = await ask(some, signal);
				if (signal.aborted) return;
				running.update((all) => ({ ...all, ...found }));
			} catch (error) {
				if (signal.aborted) return;
				for (const kind of some.kinds) show(kind, loaded([], error));
			}
		}
	}

	/** All results at once, where members get other numbers. */
	async function replace(work, signal) {
		try {
			const { known, results } = await work();
			if (signal.aborted) return;
			desk.reports[slug] = known ?? desk.built[slug];
			isNarrowed = Boolean(known);
			shown.set(report);
			running.set(results);
		} catch (error) {
			if (signal.aborted) return;
			for (const part of parts) for (const kind in report[part]) show(kind, loaded([], error));
		}
	}
	const built = async (missing, signal) => {
		const found = await Promise.all(missing.map((some) => ask(some, signal)));
		return { results: Object.assign({ ...known }, ...found) };
	};

	const stop = inputs.subscribe((values) => {
		if (!values) return;
		asking?.abort();
		const { signal } = (asking = new AbortController());
		if (get(isLive) && has_file && addedIn(get(chosen)).length) {
			replace(() => narrow(desk, report, parts, isInSight, signal), signal);
			return;
		}
		const isDefault = isUnchosen(desk, get(chosen));
		const isMissing = (kind) => !isDefault || !known[kind];
		// In the order in which the reader sees them.
		const missing = parts.flatMap((part) => {
			const kinds = Object.keys(report[part]).filter(isMissing);
			const late = kinds.filter((kind) => LATE.test(kind));
			const groups = [kinds.filter((kind) => !late.includes(kind)), late];
			return groups.filter(({ length }) => length).map((kinds) => ({ part, kinds }));
		});
		if (isNarrowed) {
			replace(() => built(missing, signal), signal);
			return;
		}
		for (const kind of parts.flatMap((part) => Object.keys(report[part]))) {
			if (!isMissing(kind)) {
				filed.add(kind);
				show(kind, known[kind]);
			} else if (!get(isLive)) {
				filed.delete(kind);
				run[kind] ??= start(kind);
				run[kind](bind(report[parts.find((part) => kind in report[part])][kind], values));
			}
		}
		if (get(isLive)) askAll(missing, signal);
	});
	return {
		report: shown,
		running,
		stop: () => {
			asking?.abort();
			stop();
		}
	};
}

const loadedAll = (results) =>
	Object.fromEntries(Object.entries(results).map(([kind, rows]) => [kind, loaded(rows)]));

// A browser asks for more at once than the server computes: then each answer waits for all.
const AT_ONCE = 2;
const turns = [];
let busy = 0;

/** The result of a request to the server when it is its turn: those of reports in sight come first. */
function inTurn(work, isInSight, signal) {
	return new Promise((resolve, reject) => {
		turns.push({ work, isInSight, signal, resolve, reject });
		// Requests of one choice are compared with each other.
		queueMicrotask(takeTurn);
	});
}

function takeTurn() {
	if (busy >= AT_ONCE || !turns.length) return;
	const found = turns.findIndex(({ isInSight }) => isInSight());
	const [{ work, signal, resolve, reject }] = turns.splice(Math.max(0, found), 1);
	if (signal?.aborted) {
		reject(signal.reason);
		takeTurn();
		return;
	}
	busy += 1;
	work()
		.then(resolve, reject)
		.finally(() => {
			busy -= 1;
			takeTurn();
		});
}

const previewOf = (desk, parameters) =>
	`preview/${desk.folder}?${new URLSearchParams(parameters)}&${addressOf(get(chosen))}`;

/** A report of the build under the filters that a reader added, and the reports that are in its chart. */
async function narrow(desk, { definition }, parts, isInSight, signal) {
	const { slug, alongside } = definition;
	const asked = [
		{ report: slug, part: parts.length > 1 ? 'page' : 'chart' },
		...alongside.map((other) => ({ report: other.slug, part: 'chart' }))
	];
	const [{ known, results }, ...others] = await Promise.all(
		asked.map((one) => inTurn(() => askServer(previewOf(desk, one), signal), isInSight, signal))
	);
	// A report without the field of the filter would be of other tickets.
	await loadDimensions();
	const fieldsOf = (slug) => addedTo(get(dimensions), slug, get(chosen)).join();
	const withOthers = alongside.map(({ slug: other }, place) => [
		`alongside_${other}`,
		fieldsOf(other) === fieldsOf(slug) ? loaded(others[place].results.trend) : null
	]);
	const { goals, sql } = desk.built[slug];
	return {
		known: { ...known, goals, sql },
		results: { ...loadedAll(results), ...Object.fromEntries(withOthers) }
	};
}

/**
 * A report that no build has yet, computed by the server for the choices of the reader.
 * @param {object} desk the catalogue, which takes up its members
 * @param {object} parameters: `declaration`, or `report` and its part
 * @param {AbortSignal} [signal] ends the request
 */
export async function askLive(desk, parameters, signal) {
	const { definition, known, results } = await askServer(previewOf(desk, parameters), signal);
	desk.reports[definition.slug] = known;
	return { definition, queries: loadedAll(results) };
}

/**
 * A report with the results of its queries: from the build, or computed by the server where its file was
 * saved since. The report is set again when its members get other numbers.
 * @param {(sql: string, options: object) => unknown} execFn of the page's database
 * @param {string} slug
 * @param {('queries' | 'own_queries')[]} parts of its queries
 * @param {() => boolean} [isInSight] whether the reader sees the report
 * @returns stores of the report and of the results by kind, and a function that ends the queries
 */
export async function openReport(execFn, slug, parts, isInSight = () => true) {
	const desk = await loadDesk();
	if (desk.live?.[slug]) return openLive(desk, slug, parts.length > 1);
	return runQueries(execFn, desk, await fetchReport(slug), parts, isInSight);
}

async function openLive(desk, slug, isWhole) {
	const parameters = { report: slug, part: isWhole ? 'page' : 'chart' };
	// The choices of the reader are known once the filters are there.
	let taken = await new Promise((resolve) => {
		const end = inputs.subscribe((values) => values && (resolve(values), setTimeout(() => end())));
	});
	const { definition, queries } = await askLive(desk, parameters);
	const report = writable({ definition, isLive: true });
	const running = writable(queries);
	let asking;
	const stop = inputs.subscribe(async (values) => {
		if (!values || values === taken) return;
		taken = values;
		asking?.abort();
		const own = (asking = new AbortController());
		try {
			const found = await askLive(desk, parameters, own.signal);
			if (own.signal.aborted) return;
			report.set({ definition: found.definition, isLive: true });
			running.set(found.queries);
		} catch (error) {
			if (own.signal.aborted) return;
			running.update((all) => Object.fromEntries(Object.keys(all).map((kind) => [kind, loaded([], error)])));
		}
	});
	return {
		report,
		running,
		stop: () => {
			asking?.abort();
			stop();
		}
	};
}

/**
 * The trend of a report with the columns that its chart adds: the headlines of other reports as
 * `m_with_<slug>`, the difference from them as `m_minus_<slug>`, the `share` of each member, and the
 * average of several buckets as `m_rolling` where some have few scores.
 * @param {object} desk the catalogue
 * @param {object} definition
 * @param {object} queries the results by kind
 */
export function wholeTrend(desk, definition, queries) {
	if (!desk || !queries.trend) return queries.trend;
	if (definition.chart === 'share')
		// In a list: a query is an array itself, and would be read as several.
		return derived([queries.trend], ([rows]) => withShares(rows, definition, desk.reports[definition.slug].left_out));
	if (definition.scores) return derived([queries.trend], ([rows]) => withRolling(rows, definition));
	// Without rows of another report there is nothing of it.
	const others = definition.alongside.filter(
		({ slug }) =>
			(desk.built[slug] ?? desk.reports[slug])?.rows !== 0 &&
			!get(inputs)?.[slug]?.is_too_large &&
			queries[`alongside_${slug}`] !== null
	);
	if (!others.length) return queries.trend;
	const found = others.map(({ slug }) => queries[`alongside_${slug}`]);
	if (!found.every(Boolean)) return undefined;
	// Until all are read the chart stays as it was.
	return derived([queries.trend, ...found], ([rows, ...all], set) => {
		if (all.every((other) => other?.dataLoaded)) set(withOthers(rows, definition, others, all));
	});
}

/** An average of fewer values is mostly chance. */
export const FEW = 10;
/** The buckets of a rolling average. */
const ROLLING = 4;
export const rollingText = (grain) =>
	({
		day: t('Average of four days'),
		week: t('Average of four weeks'),
		month: t('Average of four months'),
		quarter: t('Average of four quarters'),
		year: t('Average of four years')
	})[grain];

/** The average of each bucket and those before it, each by its n, if there are buckets of few values. */
function withRolling(rows, { measures: [main] }) {
	const whole = Array.from(rows ?? []);
	if (!whole.some(({ n }) => n < FEW)) return whole;
	return whole.map((row, place) => {
		const last = whole.slice(Math.max(0, place + 1 - ROLLING), place + 1);
		const isWhole = last.length === ROLLING && !last.some((one) => one.is_cut || one.is_unfinished);
		const n = last.reduce((sum, one) => sum + (one.n ?? 0), 0);
		const amount = last.reduce((sum, one) => sum + (one.n ? one.n * one[`m_${main.name}`] : 0), 0);
		return { ...row, m_rolling: isWhole && n ? amount / n : null };
	});
}

function withOthers(rows, { measures: [main] }, others, found) {
	const byBucket = found.map((rows) => new Map(Array.from(rows ?? []).map((row) => [row.starting, row])));
	return Array.from(rows ?? []).map((row) => {
		const whole = { ...row };
		others.forEach(({ slug, name, is_level, difference }, place) => {
			// No row in the whole period is a count of 0, but no level.
			const none = is_level || byBucket[place].size ? null : 0;
			const value = byBucket[place].get(row.starting)?.[`m_${name}`] ?? none;
			whole[`m_with_${slug}`] = value;
			if (difference) whole[`m_minus_${slug}`] = value === null ? null : row[`m_${main.name}`] - value;
		});
		return whole;
	});
}

/** Each member's share of the sum of its bucket, without the members that are left out. */
function withShares(rows, { measures: [main] }, leftOut) {
	const amount = (row) => row[`m_${main.name}`] * (main.per ? row.n : 1);
	const kept = Array.from(rows ?? []).filter((row) => !leftOut.includes(row.series_id));
	const wholes = new Map();
	for (const row of kept) wholes.set(row.starting, (wholes.get(row.starting) ?? 0) + amount(row));
	return kept.map((row) => ({ ...row, share: wholes.get(row.starting) ? amount(row) / wholes.get(row.starting) : null }));
}

/** Pairs of a name and its query, of the kinds that begin with a word: `percentiles`, `by`. */
export const named = (queries, word, names) =>
	names.filter((name) => queries[`${word}_${name}`]).map((name) => [name, queries[`${word}_${name}`]]);
