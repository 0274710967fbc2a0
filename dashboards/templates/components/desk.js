import { addBasePath } from '@evidence-dev/sdk/utils/svelte';

/**
 * A file of the desk's data: it is replaced by a refresh, so the browser asks for it each time.
 * @param {string} name
 */
export async function fetchDesk(name) {
	const response = await fetch(addBasePath(`/data/desk/${name}.json`), { cache: 'no-cache' });
	if (!response.ok) throw new Error(`${name}.json: ${response.status} ${response.statusText}`);
	return response.json();
}

/**
 * Where the tickets of a list are shown.
 * @param {string} list
 */
export const ticketsHref = (list) => `${addBasePath('/tickets')}#${list}`;
