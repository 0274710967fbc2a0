import { derived, get, readable, writable } from 'svelte/store';
import { Query } from '@evidence-dev/sdk/usql';
import { addressOf, askServer, chosen, fetchReport, inputs, isLive, isUnchosen, loadDesk } from './desk.js';
import { t } from './language.js';

/** The SQL of a query for these inputs. */
const bind = (sql, values) =>
	sql.replace(/\$\{inputs\.([\w.]+)\}/g, (_, path) =>
		path.split('.').reduce((found, name) => found[name], values)
	);

/** Rows as the result of a query. */
const loaded = (rows, error) => readable(Object.assign([...rows], { dataLoaded: !error, error }));

/**
 * The results of a report's queries, again after each choice of the reader. While new rows are read,
 * the old ones stay.
 *
 * The results for the choices with which pages open come from the report's file. For others the server
 * is asked; without one the database of the browser starts, which is large.
 * @param {(sql: string, options: object) => unknown} execFn of the page's database
 * @param {object} desk the catalogue
 * @param {object} report the file of a report
 * @param {('queries' | 'own_queries')[]} parts of its queries
 * @returns a store of the results by kind, and a function that ends the queries
 */
export function runQueries(execFn, desk, report, parts) {
	const { slug } = report.definition;
	const running = writable({});
	const show = (kind, result) => running.update((all) => ({ ...all, [kind]: result }));
	const known = Object.fromEntries(
		Object.entries(report.first).map(([kind, rows]) => [kind, loaded(rows)])
	);
	// Kinds that show their file: a query that ends late must not replace it.
	const filed = new Set();
	const run = {};
	let asking;

	const start = (kind) =>
		Query.createReactive(
			{ callback: (query) => filed.has(kind) || show(kind, query), execFn },
			{ id: `${slug}_${kind}` }
		);

	async function ask(part, signal) {
		try {
			const name = part === 'queries' ? 'shared' : 'own';
			const path = `pages/${desk.folder}/${slug}/${name}?${addressOf(get(chosen))}`;
			const found = await askServer(path, signal);
			if (!signal.aborted) for (const kind in found) show(kind, loaded(found[kind]));
		} catch (error) {
			if (!signal.aborted) for (const kind in report[part]) show(kind, loaded([], error));
		}
	}

	const stop = inputs.subscribe((values) => {
		if (!values) return;
		asking?.abort();
		asking = new AbortController();
		const isDefault = isUnchosen(desk, get(chosen));
		for (const part of parts) {
			const kinds = Object.keys(report[part]);
			const missing = kinds.filter((kind) => !isDefault || !known[kind]);
			for (const kind of kinds) {
				if (missing.includes(kind)) continue;
				filed.add(kind);
				show(kind, known[kind]);
			}
			if (get(isLive)) {
				if (missing.length) ask(part, asking.signal);
				continue;
			}
			for (const kind of missing) {
				filed.delete(kind);
				run[kind] ??= start(kind);
				run[kind](bind(report[part][kind], values));
			}
		}
	});
	return {
		running,
		stop: () => {
			asking?.abort();
			stop();
		}
	};
}

/**
 * A report that no build has yet, computed by the server for the choices of the reader.
 * @param {object} desk the catalogue, which takes up its members
 * @param {object} parameters: `declaration`, or `report` and its part
 * @param {AbortSignal} [signal] ends the request
 */
export async function askLive(desk, parameters, signal) {
	const asked = new URLSearchParams(parameters);
	const path = `preview/${desk.folder}?${asked}&${addressOf(get(chosen))}`;
	const { definition, known, results } = await askServer(path, signal);
	desk.reports[definition.slug] = known;
	const queries = Object.fromEntries(Object.entries(results).map(([kind, rows]) => [kind, loaded(rows)]));
	return { definition, queries };
}

/**
 * A report with the results of its queries: from the build, or computed by the server where its file was
 * saved since.
 * @param {(sql: string, options: object) => unknown} execFn of the page's database
 * @param {string} slug
 * @param {('queries' | 'own_queries')[]} parts of its queries
 * @returns the report, a store of the results by kind, and a function that ends the queries
 */
export async function openReport(execFn, slug, parts) {
	const desk = await loadDesk();
	if (desk.live?.[slug]) return openLive(desk, slug, parts.length > 1);
	const report = await fetchReport(slug);
	return { report, ...runQueries(execFn, desk, report, parts) };
}

async function openLive(desk, slug, isWhole) {
	const parameters = { report: slug, part: isWhole ? 'page' : 'chart' };
	// The choices of the reader are known once the filters are there.
	let taken = await new Promise((resolve) => {
		const end = inputs.subscribe((values) => values && (resolve(values), setTimeout(() => end())));
	});
	const { definition, queries } = await askLive(desk, parameters);
	const running = writable(queries);
	let asking;
	const stop = inputs.subscribe(async (values) => {
		if (!values || values === taken) return;
		taken = values;
		asking?.abort();
		const own = (asking = new AbortController());
		try {
			const found = await askLive(desk, parameters, own.signal);
			if (!own.signal.aborted) running.set(found.queries);
		} catch (error) {
			if (own.signal.aborted) return;
			running.update((all) => Object.fromEntries(Object.keys(all).map((kind) => [kind, loaded([], error)])));
		}
	});
	return {
		report: { definition, isLive: true },
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
		({ slug }) => desk.reports[slug]?.rows !== 0 && !get(inputs)?.[slug]?.is_too_large
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
