/** Move an opened list to the left as far as the page would cut it off. */
export function keepInSight(node) {
	const over = node.getBoundingClientRect().right - node.closest('main').getBoundingClientRect().right;
	if (over > 0) node.style.left = `${-over}px`;
}

/**
 * A list or a note that opens at its control, in one box with it. It closes with Escape, and when the reader
 * goes elsewhere. Whatever closes it, the control has the focus then, unless something else has it.
 * @param {HTMLElement} box
 * @param {{ isOpen: boolean, close: () => void }} given
 */
export function popover(box, given) {
	const isElsewhere = (target) => target && !box.contains(target);
	const end = () => given.isOpen && given.close();
	const press = ({ target }) => isElsewhere(target) && end();
	// Where a row with the focus is removed, nothing else gets it.
	const leave = ({ relatedTarget }) => isElsewhere(relatedTarget) && end();
	function escape(event) {
		if (event.key !== 'Escape' || !given.isOpen) return;
		// What the box is in stays open.
		event.stopPropagation();
		given.close();
	}
	addEventListener('pointerdown', press);
	box.addEventListener('focusout', leave);
	box.addEventListener('keydown', escape);
	return {
		update(next) {
			const isClosed = given.isOpen && !next.isOpen;
			given = next;
			const { activeElement } = document;
			if (isClosed && (activeElement === document.body || box.contains(activeElement)))
				box.querySelector('[aria-expanded]').focus({ preventScroll: true });
		},
		destroy() {
			removeEventListener('pointerdown', press);
			box.removeEventListener('focusout', leave);
			box.removeEventListener('keydown', escape);
		}
	};
}
