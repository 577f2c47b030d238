// Loaded before `baton`: a log whose close never resolves and keeps nothing open, so that the event loop runs dry.
const { join } = require('node:path');
const { EmbeddedEventLog } = require(join(__dirname, '..', '..', 'dist', 'libs', 'platform', 'event-log'));
EmbeddedEventLog.prototype.close = () => new Promise(() => undefined);
