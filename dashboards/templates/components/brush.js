import { getInstanceByDom } from 'echarts';

// A shorter way of the mouse is a click.
const LEAST = 10;

/**
 * An action on the element around a chart over time: dragging across it chooses the buckets from where it
 * begins to where it ends.
 * @param {HTMLElement} node
 * @param {((first: number, last: number) => void) | undefined} choose takes the places of the buckets
 */
export function brush(node, choose) {
	let begin;
	let mark;
	const chartOf = () => getInstanceByDom(node.querySelector('.chart'));
	const xOf = ({ clientX }) => clientX - node.querySelector('.chart').getBoundingClientRect().left;

	function start(event) {
		const chart = choose && event.pointerType === 'mouse' && event.button === 0 && chartOf();
		if (!chart?.containPixel('grid', [xOf(event), chart.getHeight() / 2])) return;
		begin = xOf(event);
		addEventListener('pointermove', move);
		addEventListener('pointerup', end, { once: true });
	}
	function move(event) {
		const [left, right] = [begin, xOf(event)].sort((one, other) => one - other);
		if (!mark && right - left < LEAST) return;
		mark ??= node.querySelector('.chart').appendChild(document.createElement('div'));
		Object.assign(mark.style, {
			position: 'absolute', top: 0, bottom: 0, left: `${left}px`, width: `${right - left}px`,
			background: 'hsl(var(--twc-primary) / 0.15)', pointerEvents: 'none'
		});
	}
	function end(event) {
		removeEventListener('pointermove', move);
		if (!mark) return;
		mark.remove();
		mark = undefined;
		const chart = chartOf();
		const last = chart.getOption().xAxis[0].data.length - 1;
		const places = [begin, xOf(event)].map((x) =>
			Math.max(0, Math.min(last, chart.convertFromPixel({ xAxisIndex: 0 }, x)))
		);
		choose(Math.min(...places), Math.max(...places));
	}
	node.addEventListener('pointerdown', start);
	return {
		update: (other) => (choose = other),
		destroy: () => node.removeEventListener('pointerdown', start)
	};
}
