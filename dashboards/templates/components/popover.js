/** Move an opened list to the left as far as the page would cut it off. */
export function keepInSight(node) {
	const over = node.getBoundingClientRect().right - node.closest('main').getBoundingClientRect().right;
	if (over > 0) node.style.left = `${-over}px`;
}
