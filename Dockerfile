# One image for the api and the worker; the command chooses.
FROM node:20-bookworm-slim AS build
WORKDIR /baton
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build

FROM node:20-bookworm-slim AS dependencies
WORKDIR /baton
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM node:20-bookworm-slim
ENV NODE_ENV=production BATON_DATA_DIR=/var/lib/baton BATON_HOST=0.0.0.0 BATON_PORT=3000
WORKDIR /baton
RUN install --directory --owner=node --group=node /var/lib/baton
COPY --from=dependencies /baton/node_modules ./node_modules
COPY --from=build /baton/dist ./dist
COPY package.json LICENSE ./
# The command line: docker compose exec worker node apps/cli/baton.js --help
COPY apps/cli/baton.js ./apps/cli/baton.js
USER node
EXPOSE 3000
CMD ["node", "dist/apps/api/main.js"]
