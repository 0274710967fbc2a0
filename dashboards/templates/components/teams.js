import { TEAM, memberName } from './desk.js';
import { t } from './language.js';
import { keysOf } from './reading.mjs';

/**
 * The pages of present figures for some teams: sums of the build are added up here, so that any choice of
 * teams is exact.
 */

/** Whether a team is chosen, by its key. */
export function isOfTeam(chosen) {
	const [kept, leftOut] = TEAM.map((name) => keysOf(chosen, name));
	return (key) => (!kept.length || kept.includes(key)) && !leftOut.includes(key);
}

/** The chosen teams in words. */
export function teamTexts(members, chosen) {
	const [kept, leftOut] = TEAM.map((name) => keysOf(chosen, name));
	const names = (keys) => keys.map((key) => memberName(members, key)).join(', ');
	return [
		...(kept.length ? [`${members.label}: ${names(kept)}`] : []),
		...(leftOut.length ? [t('{field} is not: {member}', { field: members.label, member: names(leftOut) })] : [])
	];
}

/**
 * A page's content for the chosen teams. A widget without figures by team is marked as one of the whole help
 * desk.
 * @param {object} content of the page
 * @param {object} found the page's file of teams
 * @param {(team: string) => boolean} isOf
 */
export const ofTeams = (content, found, isOf) => ({
	...content,
	widgets: content.widgets.map((widget, place) => {
		if (widget.missing) return widget;
		const parts = PARTS.find(({ has }) => has(widget));
		return parts ? { ...widget, ...parts.of(widget, isOf, found, found.widgets[place]) } : { ...widget, isWhole: true };
	})
});

/** A list of tickets for the chosen teams, from the first rows of each. */
export const listOfTeams = (list, found, isOf) => ({
	...list,
	total: total(ofThose(found.totals, isOf)),
	without_ticket: total(ofThose(found.without_ticket, isOf)),
	rows: found.rows.filter((_, place) => isOf(found.teams[place])).slice(0, list.listed)
});

const ofThose = (byTeam, isOf) =>
	Object.entries(byTeam)
		.filter(([team]) => isOf(team))
		.map(([, value]) => value);
const total = (numbers) => numbers.reduce((sum, number) => sum + number, 0);
const totals = (lists, length) => Array.from({ length }, (_, place) => total(lists.map((list) => list[place])));

const hasSums = ({ sums, missing }) => Boolean(sums || missing);

const PARTS = [
	{
		has: ({ groups }) => groups?.every(({ figures }) => figures.every(hasSums)),
		of: ({ groups }, isOf, { sums }) => ({
			groups: groups.map((group) => ({ ...group, figures: group.figures.map((one) => figureOf(one, sums, isOf)) }))
		})
	},
	{
		has: ({ kind, table }) => kind === 'members' && table.rows.every(([, ...cells]) => cells.every(hasSums)),
		of: ({ table }, isOf, { sums }) => ({
			table: {
				...table,
				rows: table.rows.map(([name, ...cells]) => [name, ...cells.map((one) => figureOf(one, sums, isOf))]).sort(byValues)
			}
		})
	},
	{
		has: ({ kind }) => kind === 'availability',
		of: ({ table, loads }, isOf) => ({
			table: agentsOf(table, isOf),
			loads: loads.filter((_, place) => isOf(table.teams[place]))
		})
	},
	{
		has: ({ kind }) => kind === 'targets',
		of: ({ table }, isOf, _, counts) => ({
			table: { ...table, rows: table.rows.map((row, place) => targetOf(row, ofThose(counts[place], isOf))) }
		})
	},
	{
		has: ({ kind }) => kind === 'misses',
		of: ({ table }, isOf, _, missed) => ({
			table: {
				...table,
				rows: missed.rows.filter((_, place) => isOf(missed.teams[place])).slice(0, missed.listed),
				total: total(ofThose(missed.totals, isOf))
			}
		})
	}
];

/** A figure: a mean or share is the quotient of the sums, all others the sum. */
function figureOf(figure, sums, isOf) {
	if (figure.missing) return figure;
	const { sums: id, name, label, unit, good } = figure;
	const [sum, n, sumBefore, nBefore] = totals(ofThose(sums[id]?.teams ?? {}, isOf), 4);
	// The marts have shares from 0 to 100, the pages' formats from 0 to 1.
	const scale = unit === 'percent' ? 100 : 1;
	// Without an event of any team there is no mean, as of the whole help desk.
	const isMean = sums[id] ? sums[id].is_mean : figure.value === null;
	const [value, before] = isMean
		? [n ? sum / n / scale : null, nBefore ? sumBefore / nBefore / scale : null]
		: [sum, sumBefore];
	const change = value === null || before === null ? 0 : value - before;
	const news = good && change ? (change > 0 === (good === 'up') ? 'better' : 'worse') : null;
	const tickets = n ? figure.tickets : null;
	return { sums: id, name, label, unit, good, value, before, n: figure.n === null ? null : n, news, tickets };
}

/** The largest first, as the build orders them. */
function byValues([, ...one], [, ...other]) {
	const place = one.findIndex(({ value }, index) => (value ?? 0) !== (other[index].value ?? 0));
	return place < 0 ? 0 : (other[place].value ?? 0) - (one[place].value ?? 0);
}

/** The agents of the teams. Those on shift come first, and of them those with room. */
function agentsOf(table, isOf) {
	const places = table.rows.map((_, place) => place).filter((place) => isOf(table.teams[place]));
	const before = (end) => places.filter((place) => place < end).length;
	const agents = { ...table, rows: places.map((place) => table.rows[place]) };
	if (table.first === undefined) return agents;
	// In English, as the build writes it; a table shows it in the language of the page.
	const note = `${before(table.free)} of ${places.length} can take a ticket now`;
	return { ...agents, first: before(table.first), note };
}

/** The row of a target: running clocks by state, then for each window the clocks on time and all that were due. */
function targetOf([policy, metric, goals, ...cells], counts) {
	const [overdue, dueSoon, active, paused, ...results] = totals(counts, 8);
	const shares = [0, 2].map((place) => {
		const [kept, of] = results.slice(place);
		return { value: of ? kept / of : null, of };
	});
	const counted = [overdue, dueSoon, active, paused, ...shares, results[1] - results[0]];
	// Without a row there is no list.
	const linked = counted.map((one, place) => {
		const cell = typeof one === 'number' ? { value: one } : one;
		return { ...cell, tickets: (cell.of ?? cell.value) ? cells[place].tickets : null };
	});
	return [policy, metric, goals, ...linked];
}
