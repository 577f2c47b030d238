import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Controller, Get, Header, NotFoundException, Param, StreamableFile } from '@nestjs/common';

/** Serves GraphiQL from the installed packages, so that the page loads nothing from other hosts. */
const assets: Readonly<Record<string, { readonly of: string; readonly file: string; readonly type: string }>> = {
  'react.js': { of: 'react', file: 'umd/react.production.min.js', type: 'text/javascript' },
  'react-dom.js': { of: 'react-dom', file: 'umd/react-dom.production.min.js', type: 'text/javascript' },
  'graphql-ws.js': { of: 'graphql-ws', file: 'umd/graphql-ws.min.js', type: 'text/javascript' },
  'graphiql.js': { of: 'graphiql', file: 'graphiql.min.js', type: 'text/javascript' },
  'graphiql.css': { of: 'graphiql', file: 'graphiql.min.css', type: 'text/css' },
};

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><title>Baton</title><link rel="icon" href="data:,">
<style>html, body, #graphiql { height: 100%; margin: 0 }</style>
<link rel="stylesheet" href="/graphiql/graphiql.css">
</head>
<body>
<div id="graphiql"></div>
<script src="/graphiql/react.js"></script>
<script src="/graphiql/react-dom.js"></script>
<script src="/graphiql/graphql-ws.js"></script>
<script src="/graphiql/graphiql.js"></script>
<script>
const socket = location.origin.replace(/^http/, 'ws') + '/graphql';
// The headers of the editor: with them a subscription says who it is.
let headers = '{ "authorization": "Bearer " }';
const written = () => { try { return JSON.parse(headers || '{}'); } catch { return {}; } };
const wsClient = graphqlWs.createClient({ url: socket, lazy: true, retryAttempts: 0, connectionParams: written });
const fetcher = GraphiQL.createFetcher({ url: '/graphql', wsClient });
const defaultQuery = '# Put your key under Headers: { "authorization": "Bearer baton_…" }\\n{ status { name position atTip } }';
ReactDOM.createRoot(document.getElementById('graphiql')).render(
  React.createElement(GraphiQL, { fetcher, defaultQuery, defaultHeaders: headers, onEditHeaders: (text) => { headers = text; } }));
</script>
</body>
</html>`;

@Controller('graphiql')
export class GraphiqlController {
  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  page(): string {
    return page;
  }

  @Get(':asset')
  asset(@Param('asset') name: string): StreamableFile {
    const asset = Object.hasOwn(assets, name) ? assets[name] : undefined;
    if (!asset) throw new NotFoundException();
    return new StreamableFile(readFileSync(join(dirname(require.resolve(`${asset.of}/package.json`)), asset.file)), {
      type: asset.type,
    });
  }
}
