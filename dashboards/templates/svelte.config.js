// Every address shows the same page, which reads what to show at run time.
import { fileURLToPath } from 'node:url';
import adapter from '@sveltejs/adapter-static';

export default {
	kit: {
		adapter: adapter({
			pages: process.env.EVIDENCE_BUILD_DIR ?? './build',
			fallback: 'page.html',
			strict: false
		}),
		alias: { '@steeze-ui/simple-icons': fileURLToPath(new URL('brands.js', import.meta.url)) }
	}
};
