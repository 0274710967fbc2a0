import { writable } from 'svelte/store';
import { Query } from '@evidence-dev/sdk/usql';
import { inputs } from './desk.js';

/** The SQL of a query for these inputs. */
const bind = (sql, values) =>
	sql.replace(/\$\{inputs\.([\w.]+)\}/g, (_, path) =>
		path.split('.').reduce((found, name) => found[name], values)
	);

/**
 * Run the queries of a report, again after each choice of the reader. While new rows are read, the
 * old ones stay.
 * @param {(sql: string, options: object) => unknown} execFn of the page's database
 * @param {string} slug the report
 * @param {Record<string, string>} texts SQL by kind
 * @returns a store of the queries by kind, and a function that ends them
 */
export function runQueries(execFn, slug, texts) {
	const running = writable({});
	const run = Object.fromEntries(
		Object.keys(texts).map((kind) => [
			kind,
			Query.createReactive(
				{ callback: (query) => running.update((all) => ({ ...all, [kind]: query })), execFn },
				{ id: `${slug}_${kind}` }
			)
		])
	);
	const stop = inputs.subscribe((values) => {
		if (!values) return;
		for (const [kind, sql] of Object.entries(texts)) run[kind](bind(sql, values));
	});
	return { running, stop };
}

/** Pairs of a name and its query, of the kinds that begin with a word: `percentiles`, `by`. */
export const named = (queries, word, names) =>
	names.filter((name) => queries[`${word}_${name}`]).map((name) => [name, queries[`${word}_${name}`]]);
