import * as v from 'valibot';
import { body, type Endpoint, part, query } from '../shared/endpoint.ts';
import { amount, assetId, feeItem, id, time } from '../shared/shapes.ts';

const decimal = v.pipe(v.string(), v.regex(/^\d+(?:\.\d+)?$/));
const methods = v.array(v.strictObject({ name: v.string(), description: v.string() }));
const fee = v.strictObject({ total: amount, asset: assetId, details: v.optional(v.array(feeItem)) });
const listed = v.array(v.strictObject({ asset: assetId, price: decimal, decimals: v.number() }));

/** S38-F01 to F08 */
const price = {
  total_price: decimal,
  price: decimal,
  sell_amount: amount,
  buy_amount: amount,
  fee,
};
const quote = v.strictObject({
  id,
  expires_at: time,
  ...price,
  sell_asset: assetId,
  buy_asset: assetId,
  sell_delivery_method: v.optional(v.string()),
  buy_delivery_method: v.optional(v.string()),
});

const parameters = (place: typeof query) => ({
  sell_asset: place('SEP-38 id of what is given', true),
  buy_asset: place('SEP-38 id of what is got', true),
  sell_amount: place('how much is given; this or buy_amount'),
  buy_amount: place('how much is got; this or sell_amount'),
  sell_delivery_method: place('how it is given'),
  buy_delivery_method: place('how it is got'),
  country_code: place('ISO 3166-1 country'),
  context: place('sep6, sep24 or sep31', true),
});

export const endpoints: readonly Endpoint[] = [
  {
    method: 'get',
    path: '/sep38/info',
    summary: 'What can be exchanged',
    auth: 'optional',
    parameters: {},
    answers: {
      200: v.strictObject({
        assets: v.array(
          v.strictObject({
            asset: assetId,
            country_codes: v.optional(v.array(v.string())),
            sell_delivery_methods: v.optional(methods),
            buy_delivery_methods: v.optional(methods),
          }),
        ),
      }),
    },
  },
  {
    method: 'get',
    path: '/sep38/prices',
    summary: 'Indicative prices of everything that goes with one asset',
    auth: 'optional',
    parameters: {
      sell_asset: query('SEP-38 id of what is given; this or buy_asset'),
      buy_asset: query('SEP-38 id of what is got; this or sell_asset'),
      sell_amount: query('how much of sell_asset'),
      buy_amount: query('how much of buy_asset'),
      sell_delivery_method: query('how it is given'),
      buy_delivery_method: query('how it is got'),
      country_code: query('ISO 3166-1 country'),
    },
    answers: {
      200: v.union([v.strictObject({ buy_assets: listed }), v.strictObject({ sell_assets: listed })]),
    },
  },
  {
    method: 'get',
    path: '/sep38/price',
    summary: 'An indicative price',
    auth: 'optional',
    parameters: parameters(query),
    answers: { 200: v.strictObject(price) },
  },
  {
    method: 'post',
    path: '/sep38/quote',
    summary: 'A firm quote',
    auth: 'required',
    parameters: { ...parameters(body), expire_after: body('ISO 8601: it must be good until then') },
    body: ['json'],
    answers: { 201: quote },
  },
  {
    method: 'get',
    path: '/sep38/quote/{id}',
    summary: 'A firm quote, as it was given',
    auth: 'required',
    parameters: { id: part('its id') },
    answers: { 200: quote },
  },
];
