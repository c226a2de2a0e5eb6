import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  // Relative, so that the desk can be served at any path.
  base: './',
  server: {
    // `npm run dev` shows the desk while `npm run supergraph` runs.
    proxy: { '/graphql': { target: 'http://127.0.0.1:4000', changeOrigin: true } },
  },
});
