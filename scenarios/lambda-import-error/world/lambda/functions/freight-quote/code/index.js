'use strict';

const { DynamoDBClient } = require('@aws-sdk/client-dynamodb');
const { DynamoDBDocumentClient, GetCommand } = require('@aws-sdk/lib-dynamodb');
const { fuelSurcharge } = require('./lib/fuelSurcharge');
const { zoneSurcharge } = require('./lib/zones');

const tariffs = DynamoDBDocumentClient.from(new DynamoDBClient({}));

exports.handler = async (event) => {
  const { from, to, kg } = JSON.parse(event.body);
  const lane = `${from}-${to}`;
  const { Item: tariff } = await tariffs.send(new GetCommand({ TableName: process.env.TARIFFS_TABLE, Key: { lane } }));
  if (!tariff) {
    console.log(`no tariff for ${lane}`);
    return { statusCode: 404, body: JSON.stringify({ message: `no tariff for ${lane}` }) };
  }
  const net = tariff.base + tariff.perKg * kg;
  const price = Math.round((net + fuelSurcharge(net) + zoneSurcharge(lane)) * 100) / 100;
  console.log(`quote ${lane} ${kg} kg: ${price} EUR`);
  return { statusCode: 200, body: JSON.stringify({ lane, kg, price, currency: 'EUR' }) };
};
