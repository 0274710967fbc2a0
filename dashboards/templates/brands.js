// The icons of brands that Evidence's header could link to. The package has three thousand, which the build
// cannot leave out: more than half of a first visit.
const none = { default: { a: {} } };
export { none as Bluesky, none as Github, none as Slack, none as X };
