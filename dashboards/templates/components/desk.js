import { goto } from '$app/navigation';
import { base } from '$app/paths';
import { CHOICES, keysOf, period, possibleGrain, readings } from './reading.mjs';
import { code, isSource, keptLanguage, sentence, t, translated, useTexts, word } from './language.js';
import { browser } from '$app/environment';
import { get, readable, writable } from 'svelte/store';

/**
 * The choices of the reader: period, start, end, compare, grain; the keys of each filter, and those that
 * it leaves out as `team.not`.
 */
export const chosen = writable({});

/** The inputs of all queries for these choices, once they are known. */
export const inputs = writable(undefined);

/**
 * Change choices of the reader. The browser's Back undoes them. The keys of a filter replace those that it
 * left out.
 * @param {object} desk the catalogue
 * @param {object} part the changed choices
 */
export function choose(desk, part) {
	const filters = Object.keys(part).filter((name) => Object.hasOwn(desk.filters, name));
	const replaced = Object.fromEntries(filters.map((name) => [`${name}.not`, undefined]));
	apply(desk, { ...get(chosen), ...replaced, ...part });
	remember('pushState');
}

/**
 * Take up saved choices in place of all present ones. The browser's Back undoes it.
 * @param {object} desk the catalogue
 * @param {string} search as in an address
 */
export function takeUp(desk, search) {
	apply(desk, { ...desk.defaults, ...choicesIn(search) });
	remember('pushState');
}

/**
 * The choices of filters that a reader adds to those of every page: by any dimension, `priority.is` or
 * `priority.is_not`. The server computes them.
 */
const ADDED = /^[a-z]\w*\.(is|is_not)$/;

/** The fields of the added filters. */
export const addedIn = (choices) => [
	...new Set(
		Object.keys(choices)
			.filter((name) => ADDED.test(name) && choices[name] !== undefined)
			.map((name) => name.split('.')[0])
	)
];

/**
 * The average in the chart of a report's page, by the name of its measure; undefined for its first. It is
 * in the address, and changes no query.
 */
export const average = writable(undefined);

/** Show another average in the chart. The browser's Back undoes it. */
export function turnTo(name) {
	average.set(name);
	remember('pushState');
}

/** The choices of the pages of present figures. */
export const TEAM = ['team', 'team.not'];

// The names of all choices.
let all = [];
// The names of the page's choices, if it has not all of them. The others are kept for the next page.
let offered;

// The period and filters with which the shown dashboard opens, and what the reader had before it. They are
// for this dashboard alone.
let ofPage;

/**
 * Take the choices of the address, or of the previous page where it has none.
 * @param {object} desk the catalogue
 * @param {string[]} [names] of the page's choices, if it has not all of them
 * @param {boolean} [isBack] whether the address is one of before, which may be without a choice
 * @param {object} [own] the choices with which the page opens
 */
export function follow(desk, names, isBack = false, own = {}) {
	offered = names;
	average.set(new URLSearchParams(location.search).get('average') ?? undefined);
	const given = Object.keys(choicesIn(location.search)).length > 0;
	const wanted = { ...desk.defaults, ...recall(isBack), ...(given || isBack ? {} : own) };
	if (Object.keys(own).length) ofPage = { own, before: kept() };
	else if (!isBack && !(given && isOwn(wanted))) ofPage = undefined;
	apply(desk, wanted);
	remember('replaceState');
	arrive();
}

/** Whether choices are those of the dashboard before, from which a card leads to its report. */
const isOwn = (choices) => Boolean(ofPage) && Object.keys(ofPage.own).every((name) => isAsOwn(choices, name));
const isAsOwn = (choices, name) => keysOf(choices, name).join('\n') === keysOf(ofPage.own, name).join('\n');

/** The reader's choices for the next page: in place of those of a dashboard the ones before it. */
function withoutOwn(choices) {
	const names = Object.keys(ofPage?.own ?? {}).filter((name) => isAsOwn(choices, name));
	return { ...choices, ...Object.fromEntries(names.map((name) => [name, ofPage.before[name]])) };
}

/** The choices of a dashboard with some of its own, as parameters: its cards lead to the same figures. */
export const carried = (choices) => (ofPage ? `?${addressOf(choices)}` : '');

// The router's state of the entry that is shown. Entries of one page, which differ in choices alone, have
// the same.
let entry;

/** After the router has changed the page. */
const arrive = () => (entry = JSON.stringify(history.state));

/** Back and Forward to other choices of one page, which is no change of pages: the router is left out. */
function step(event) {
	const state = event.state && JSON.stringify(event.state);
	if (state && state === entry) {
		event.stopImmediatePropagation();
		loadDesk().then((desk) => {
			follow(desk, offered, true);
			// For what a page keeps in the fragment.
			dispatchEvent(new Event('step'));
		});
	}
	entry = state;
}
if (browser) {
	addEventListener('popstate', step, { capture: true });
	addEventListener('arrive', arrive);
}

/** One update for all queries of the page, so that none runs on a partial choice. */
function apply(desk, wanted) {
	all = [...CHOICES, ...Object.keys(desk.filters).flatMap((name) => [name, `${name}.not`])];
	const choices = Object.fromEntries(
		Object.entries(wanted).flatMap(([name, value]) => {
			if (CHOICES.includes(name)) return [[name, [value].flat().at(-1)]];
			// An address or a saved view can name a filter that is gone.
			if (!ADDED.test(name) && !Object.hasOwn(desk.filters, name.replace(/\.not$/, ''))) return [];
			const keys = [...new Set(keysOf(wanted, name))];
			return [[name, keys.length ? keys : undefined]];
		})
	);
	choices.grain = possibleGrain(period(desk.clock, choices).days, choices.grain);
	// The choices of the page before run no query again.
	if (get(inputs) && JSON.stringify(choices) === JSON.stringify(get(chosen))) return;
	chosen.set(choices);
	inputs.set(readings(desk, choices));
}

/**
 * The part of a report's chart whose rows its list of tickets has, if the reader has clicked one: `slug` of
 * the report, numbers of `members` by breakdown or the name of a `measure`, and a `label`.
 */
export const cell = writable(undefined);

/** Show the list of the rows of a part, which is on the page of its report. */
export function showCell({ slug }, members, label) {
	cell.set({ slug, members, label });
	if (!isPageOf(slug)) goto(`${base}/report/${slug}/${carried(get(chosen))}#tickets`);
}

/** Whether the page is that of a report, which has the list of its tickets. */
export const isPageOf = (slug) => location.pathname.replace(/\/$/, '') === `${base}/report/${slug}`;

/** Whether the page is being printed: paper has no buttons to show more. */
export const isPrinting = readable(false, (set) => {
	if (!browser) return undefined;
	const paper = matchMedia('print');
	const [start, end, change] = [() => set(true), () => set(paper.matches), () => set(paper.matches)];
	addEventListener('beforeprint', start);
	addEventListener('afterprint', end);
	paper.addEventListener('change', change);
	change();
	return () => {
		removeEventListener('beforeprint', start);
		removeEventListener('afterprint', end);
		paper.removeEventListener('change', change);
	};
});

/** Whether the server of these pages answers queries too; a host of plain files does not. */
export const isLive = writable(false);

let loading = {};

/** Load everything again when it is next asked for: a newer build is published. */
export function renew() {
	loading = {};
	// Member numbers and files of the earlier build.
	inputs.set(undefined);
}

/** The catalogue of the build: its as_of, members and files. Loaded once for a page. */
export function loadDesk() {
	if (!browser) return new Promise(() => {});
	loading.desk ??= loadCurrent().then(async ({ folder, build }) => {
		const [desk] = await Promise.all([request(`data/${folder}/desk.json`), loadTexts(folder)]);
		const found = translated(await desk.json());
		for (const filter of Object.values(found.filters)) filter.names = filterNames(filter);
		// Under filters that the server computes, a report has members of its own for a while.
		return takeLive({ ...found, build, built: { ...found.reports } });
	});
	return loading.desk;
}

/** The pages with what readers have saved since the build; plain files have those of the build. */
async function takeLive(desk) {
	if (!get(isLive)) return desk;
	try {
		return Object.assign(desk, await askServer(`live/${desk.folder}`));
	} catch {
		// The pages of the build can be read all the same.
		return desk;
	}
}

/** Take up what was just saved. */
export const refreshDesk = async () => takeLive(await loadDesk());

/** The texts of a language other than English; without them the pages are English. */
async function loadTexts(folder) {
	if (isSource()) return;
	const found = await request(`data/${folder}/languages/${code()}.json`).catch(() => undefined);
	if (found) useTexts(await found.json());
}

/** Names of a filter's members; that of the missing value is a word of the product. */
const filterNames = ({ keys, names }) =>
	names.map((name, place) => (['', 'unknown'].includes(keys[place]) ? word(name) : name));

/** The folder of the present data, and the build that it shows. */
export async function loadCurrent() {
	const response = await request('data/current.json');
	isLive.set(response.headers.has('Helpdesk-Live'));
	return response.json();
}

const read = async (path) => translated(await (await request(path)).json());

async function request(path) {
	const response = await fetch(`${base}/${path}`);
	if (!response.ok) throw new Error(t('{path} could not be read ({status}).', { path, status: response.status }));
	return response;
}

/**
 * An answer of the server's API. Raises an error with the server's words.
 * @param {string} path below /api/, with its parameters
 * @param {AbortSignal} [signal] ends the request
 */
export const askServer = async (path, signal) => translated(await askPlainly(path, signal));

/** An answer of the server as it is, such as a report to change: its texts are not translated. */
export async function askPlainly(path, signal) {
	const response = await fetch(apiHref(path), { signal });
	const answer = await response.json();
	if (!response.ok) throw new Error(sentence(answer.error));
	return answer;
}

/**
 * Save on the server. Raises an error with the server's words; one of a conflict has the present text.
 * @param {string} path below /api/
 * @param {object} content
 */
export async function saveOnServer(path, content) {
	const response = await fetch(apiHref(path), {
		method: 'POST',
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify(content)
	});
	const answer = await response.json();
	if (!response.ok) throw Object.assign(new Error(sentence(answer.error)), { status: response.status, ...answer });
	return answer;
}

export const apiHref = (path) => `${base}/api/${path}`;

const KEPT = 'desk.search';

/** The choices that are kept for the next page. */
function kept() {
	try {
		return choicesIn(sessionStorage.getItem(KEPT) ?? '');
	} catch {
		// Filters work without session storage, too.
		return {};
	}
}

/** The choices of the address, or of the previous page. */
function recall(isBack) {
	const given = choicesIn(location.search);
	if (!offered) return Object.keys(given).length ? given : kept();
	const own = only(given, offered);
	if (!isBack && !Object.keys(own).length) return kept();
	const others = Object.keys(kept()).filter((name) => !offered.includes(name));
	return { ...only(kept(), others), ...own };
}

/** Some of the choices. */
export const only = (choices, names) => Object.fromEntries(Object.entries(choices).filter(([name]) => names.includes(name)));

/** The choices in the parameters of an address. A filter of several keys is in it several times. */
function choicesIn(search) {
	const choices = {};
	for (const [name, value] of new URLSearchParams(search)) {
		if (['language', 'average'].includes(name)) continue;
		choices[name] = Object.hasOwn(choices, name) ? [choices[name], value].flat() : value;
	}
	return choices;
}

/** Choices as the parameters of an address: a filter of several keys is in it several times. */
export function addressOf(choices) {
	const filled = Object.entries(choices).filter(([, value]) => value !== undefined);
	const pairs = filled.flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
	return new URLSearchParams(pairs).toString();
}

/** Keep the choices for the next page, and in the address so that it can be shared. */
function remember(way) {
	try {
		sessionStorage.setItem(KEPT, addressOf(withoutOwn(get(chosen))));
	} catch {
		// Filters work without session storage, too.
	}
	const language = keptLanguage();
	const parameters = offered
		? withOthers({ ...only(get(chosen), offered), language })
		: addressOf({ ...get(chosen), average: get(average), language });
	const search = parameters && `?${parameters}`;
	const address = `${location.pathname}${search}${location.hash}`;
	if (address === location.pathname + location.search + location.hash) return;
	// The state has the router's number of the page: with the same one Back is no change of pages.
	history[way](history.state, '', address);
}

/**
 * Choices as the parameters of an address, with those that it has besides, such as the wall. A filter that
 * the page does not have is dropped: a reader of the address would take it for one.
 */
function withOthers(own) {
	const others = location.search
		.slice(1)
		.split('&')
		.filter((pair) => pair && ![...all, 'language'].includes(pair.split('=')[0]));
	return [addressOf(own), ...others].filter(Boolean).join('&');
}

/** Whether a filter has keys to keep or to leave out. */
export const isFiltered = (choices, name) => Boolean(choices[name] ?? choices[`${name}.not`]);

/** The name of a filter's member; a key that is not in the data has none. */
export const memberName = (members, key) => members.names[members.keys.indexOf(key)] ?? t('{key} (no rows)', { key });

/** Names of a breakdown's members, in the order of their numbers from 1. */
export function memberNames(desk, slug, breakdown) {
	const report = desk?.reports[slug];
	const filter = desk?.filters[report?.filter_of[breakdown]];
	return report?.members[breakdown]?.map(word) ?? filter?.names ?? [];
}

/** The name of a member by its number; 0 are those after the limit of a chart, together. */
export const memberOf = (names, id) => names[id - 1] ?? t('All others');

/** Keys of a breakdown that is a filter, in the order of its members. A live report has its own order. */
export const memberKeys = (desk, slug, breakdown) =>
	desk.reports[slug].keys?.[breakdown] ?? desk.filters[desk.reports[slug].filter_of[breakdown]]?.keys;

/** Choose the filters of members, given as numbers by breakdown, of those breakdowns that are filters. */
export async function chooseMembers({ slug }, members) {
	const desk = await loadDesk();
	const part = Object.entries(members).flatMap(([breakdown, id]) => {
		const filter = desk.reports[slug].filter_of[breakdown];
		// All others together are no member.
		return filter && id ? [[filter, memberKeys(desk, slug, breakdown)[id - 1]]] : [];
	});
	if (part.length) choose(desk, Object.fromEntries(part));
}

/** A JSON file of the build, such as the widgets of a page. */
export async function fetchDesk(name) {
	const { folder } = await loadDesk();
	loading[name] ??= read(`data/${folder}/${name}.json`);
	return loading[name];
}

/** A JSON file of the build as it is: its texts are not translated. */
export async function fetchPlainly(name) {
	const { folder } = await loadDesk();
	return (await request(`data/${folder}/${name}.json`)).json();
}

/**
 * A report: its texts, its queries and their default results.
 * @param {string} slug
 */
export async function fetchReport(slug) {
	const desk = await loadDesk();
	if (!desk.reports[slug]) throw new Error(t('There is no report of this name. The menu has all of them.'));
	return fetchDesk(`reports/${slug}`);
}

/** Whether a page has only default choices. */
export function isUnchosen(desk, choices) {
	const filled = Object.entries(choices).filter(([, value]) => value !== undefined);
	return (
		desk !== undefined &&
		filled.length === Object.keys(desk.defaults).length &&
		filled.every(([name, value]) => desk.defaults[name] === value)
	);
}

/**
 * The address of the tickets of a list, for the chosen teams.
 * @param {string} list
 */
export function ticketsHref(list) {
	const search = addressOf(only(get(chosen), TEAM));
	return `${base}/tickets/${search && `?${search}`}#${list}`;
}

/**
 * The address of the page of one ticket.
 * @param {string} key such as zendesk:123
 */
export const ticketHref = (key) => `${base}/ticket/?${new URLSearchParams({ ticket: key })}`;

const LIST = 'desk.list';

/** Keep the address of the list that a ticket is opened from. */
export function keepList() {
	const { pathname, search, hash } = location;
	// On the page of a report the list is further down.
	const place = pathname.startsWith(`${base}/report/`) ? '#tickets' : hash;
	try {
		sessionStorage.setItem(LIST, pathname + search + place);
	} catch {
		// Without session storage the browser's Back leads there.
	}
}

/** The address of the list that the last ticket was opened from. */
export function keptList() {
	try {
		return sessionStorage.getItem(LIST) ?? '';
	} catch {
		return '';
	}
}

/** Whether a text is an address that may be opened: data of the help desk could be a script. */
export const isWebAddress = (text) => /^https?:\/\//i.test(text ?? '');
