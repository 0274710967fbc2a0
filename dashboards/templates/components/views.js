import { base } from '$app/paths';
import { compare } from './language.js';

/**
 * Choices that the reader has saved under a name, in this browser: `{ name, search }`, the latter as in an
 * address. To share them, the address itself is sent.
 */
const KEY = `desk.views:${base}`;

/** The saved views by name; none where the browser keeps nothing, or something else wrote there. */
export function readViews() {
	try {
		const found = JSON.parse(localStorage.getItem(KEY) ?? '[]');
		return found.filter(({ name, search }) => typeof name === 'string' && typeof search === 'string');
	} catch {
		return [];
	}
}

/** Keep these views, in place of all; false where the browser does not. */
export function keepViews(views) {
	try {
		localStorage.setItem(KEY, JSON.stringify(views));
		return true;
	} catch {
		return false;
	}
}

/** The views with one under this name, in place of one that had it. */
export const withView = (views, view) =>
	[...views.filter(({ name }) => name !== view.name), view].sort((one, other) => compare()(one.name, other.name));
