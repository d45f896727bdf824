export const handler = async ({ queryStringParameters: { q } }) => {
  const started = performance.now();
  const response = await fetch(`${process.env.INDEX_URL}/places/_search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ size: 10, query: { match: { name: { query: q, fuzziness: 'AUTO' } } } }),
  });
  const { hits } = await response.json();
  console.log(`${hits.hits.length} places in ${Math.round(performance.now() - started)} ms`);
  return { statusCode: 200, body: JSON.stringify(hits.hits.map((hit) => hit._source)) };
};
