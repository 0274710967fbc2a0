import { get, readable, writable } from 'svelte/store';
import { Query } from '@evidence-dev/sdk/usql';
import { chosen, inputs, isUnchosen } from './desk.js';

/** The SQL of a query for these inputs. */
const bind = (sql, values) =>
	sql.replace(/\$\{inputs\.([\w.]+)\}/g, (_, path) =>
		path.split('.').reduce((found, name) => found[name], values)
	);

/**
 * The results of a report's queries, again after each choice of the reader. While new rows are read,
 * the old ones stay.
 *
 * The results for the choices with which pages open come from the report's file: the database of the
 * browser, which is large, starts with the first other choice.
 * @param {(sql: string, options: object) => unknown} execFn of the page's database
 * @param {object} desk the catalogue
 * @param {string} slug the report
 * @param {Record<string, string>} texts SQL by kind
 * @param {Record<string, object[]>} first default results by kind
 * @returns a store of the results by kind, and a function that ends the queries
 */
export function runQueries(execFn, desk, slug, texts, first) {
	const running = writable({});
	const show = (kind, result) => running.update((all) => ({ ...all, [kind]: result }));
	const known = Object.fromEntries(
		Object.entries(first).map(([kind, rows]) => [
			kind,
			readable(Object.assign([...rows], { dataLoaded: true }))
		])
	);
	// Kinds that show their file: a query that ends late must not replace it.
	const filed = new Set();
	const run = {};
	const start = (kind) =>
		Query.createReactive(
			{ callback: (query) => filed.has(kind) || show(kind, query), execFn },
			{ id: `${slug}_${kind}` }
		);
	const stop = inputs.subscribe((values) => {
		if (!values) return;
		const isDefault = isUnchosen(desk, get(chosen));
		for (const [kind, sql] of Object.entries(texts)) {
			if (isDefault && known[kind]) {
				filed.add(kind);
				show(kind, known[kind]);
			} else {
				filed.delete(kind);
				run[kind] ??= start(kind);
				run[kind](bind(sql, values));
			}
		}
	});
	return { running, stop };
}

/** Pairs of a name and its query, of the kinds that begin with a word: `percentiles`, `by`. */
export const named = (queries, word, names) =>
	names.filter((name) => queries[`${word}_${name}`]).map((name) => [name, queries[`${word}_${name}`]]);
