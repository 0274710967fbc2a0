import { getInstanceByDom } from 'echarts';

// A shorter way of the mouse is a click.
const LEAST = 10;

/**
 * An action on the element around a chart: a click anywhere in the band of a category picks its place, and
 * dragging across a chart over time chooses the buckets from where it begins to where it ends.
 * @param {HTMLElement} node
 * @param {{ pick: (place: number) => void, choose?: (first: number, last: number) => void }} actions
 */
export function brush(node, { pick, choose }) {
	let begin;
	let mark;
	let pressed;
	const chartOf = () => getInstanceByDom(node.querySelector('.chart'));
	const xOf = ({ clientX }) => clientX - node.querySelector('.chart').getBoundingClientRect().left;

	function click(event) {
		const chart = chartOf();
		if (!chart || Math.abs(event.clientX - (pressed ?? event.clientX)) >= LEAST) return;
		const y = event.clientY - node.querySelector('.chart').getBoundingClientRect().top;
		const isHorizontal = chart.getOption().yAxis[0].type === 'category';
		// The names of horizontal bands, which are left of the grid, belong to them.
		const point = [isHorizontal ? 0.6 * chart.getWidth() : xOf(event), y];
		if (!chart.containPixel('grid', point)) return;
		pick(isHorizontal ? chart.convertFromPixel({ yAxisIndex: 0 }, y) : chart.convertFromPixel({ xAxisIndex: 0 }, point[0]));
	}
	function start(event) {
		pressed = event.clientX;
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
	node.addEventListener('click', click);
	return {
		update: (other) => ({ pick, choose } = other),
		destroy: () => {
			node.removeEventListener('pointerdown', start);
			node.removeEventListener('click', click);
		}
	};
}
