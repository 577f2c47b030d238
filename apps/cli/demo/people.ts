import type { Random } from './random';
import type { StepData } from './story';

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

const firstNames = words(`
  Alice Amara Anton Aisha Bruno Camille Carlos Chiara Clara Daniel Diego Elena Emil Emma Fatima Felix Gabriel Giulia
  Hannah Hiro Ibrahim Ingrid Jack Jana Jonas Julia Kenji Lars Laura Leila Leo Lin Lucia Luis Magnus Mei Mila Mohamed
  Nadia Nathan Nina Noah Olivia Oscar Paula Peter Priya Rafael Rosa Samuel Sanjay Sara Sofia Stefan Tariq Theo Thomas
  Uma Victor Yara Yusuf Zoe`);
const lastNames = words(`
  Abbas Alvarez Andersen Baker Banerjee Becker Bianchi Brandt Carter Castillo Chen Costa Dahl Dubois Eriksen Evans
  Fernandez Fischer Foster Garcia Gupta Haddad Hansen Hoffmann Ito Jansen Johansson Kaya Kim Kowalski Laurent Lehmann
  Lopez Martin Mbeki Mendes Meyer Moreau Murphy Nakamura Nguyen Novak Okafor Olsen Patel Pereira Petrov Quinn Ramos
  Rossi Sato Schmidt Sharma Silva Suzuki Tanaka Taylor Torres Turner Vargas Weber Wilson Wright Yilmaz Zhang Zimmer`);
const companyWords = words(`
  Amber Arctic Aspen Beacon Birch Blue Bright Cedar Cobalt Copper Coral Crystal Delta Dune Eagle Ember Falcon Fern
  Flint Garnet Golden Granite Harbor Hazel Indigo Iron Ivory Jade Juniper Lunar Lotus Maple Meadow Mint Nimbus North
  Oak Onyx Opal Orchid Pebble Pine Quartz Rapid Raven River Ruby Saffron Silver Solar Spruce Summit Tidal Timber Topaz
  Valley Velvet Violet Willow Zephyr`);

const industries = [
  { name: 'Software', endings: ['Labs', 'Systems'] },
  { name: 'Manufacturing', endings: ['Works', 'Components'] },
  { name: 'Logistics', endings: ['Freight', 'Logistics'] },
  { name: 'Financial services', endings: ['Capital', 'Partners'] },
  { name: 'Health care', endings: ['Health', 'Clinics'] },
  { name: 'Retail', endings: ['Stores', 'Goods'] },
  { name: 'Education', endings: ['Academy', 'Learning'] },
  { name: 'Energy', endings: ['Power', 'Energy'] },
] as const;

const two = (n: number): string => String(n).padStart(2, '0');
const three = (n: number): string => String(n).padStart(3, '0');

/**
 * Phone numbers reserved for fiction. Sources: NANPA (555-0100 to 555-0199), Ofcom (London 020 7946 0xxx),
 * Bundesnetzagentur (Berlin 030 23125 xxx), Arcep (01 99 00 xx xx).
 */
const northAmerican =
  (areas: readonly number[]) =>
  (random: Random): string =>
    `+1-${random.pick(areas)}-555-01${two(random.int(0, 99))}`;
const countries: readonly {
  readonly name: string;
  readonly share: number;
  readonly regions: readonly string[];
  readonly phone?: (random: Random) => string;
}[] = [
  {
    name: 'United States',
    share: 44,
    regions: ['California', 'New York', 'Texas', 'Illinois', 'Massachusetts', 'Georgia', 'Washington'],
    phone: northAmerican([212, 312, 404, 415, 512, 617, 206]),
  },
  { name: 'Canada', share: 8, regions: ['Ontario', 'Quebec'], phone: northAmerican([416, 514, 604]) },
  {
    name: 'United Kingdom',
    share: 14,
    regions: ['England', 'Scotland'],
    phone: (random) => `+44-20-7946-0${three(random.int(0, 999))}`,
  },
  {
    name: 'Germany',
    share: 13,
    regions: ['Bavaria', 'Berlin', 'Hesse'],
    phone: (random) => `+49-30-23125-${three(random.int(0, 999))}`,
  },
  {
    name: 'France',
    share: 8,
    regions: ['Île-de-France', 'Occitanie'],
    phone: (random) => `+33-1-99-00-${two(random.int(0, 99))}-${two(random.int(0, 99))}`,
  },
  { name: 'Netherlands', share: 6, regions: ['North Holland'] },
  { name: 'India', share: 7, regions: ['Karnataka', 'Maharashtra'] },
];

const sizes = [
  { low: 3, high: 19, share: 26, appeal: 0.5 },
  { low: 20, high: 49, share: 24, appeal: 0.85 },
  { low: 50, high: 249, share: 26, appeal: 1.3 },
  { low: 250, high: 999, share: 15, appeal: 1.35 },
  { low: 1000, high: 12_000, share: 9, appeal: 1.1 },
] as const;

const titles = [
  { name: 'Head of Operations', share: 14, appeal: 1.3 },
  { name: 'Chief Operating Officer', share: 6, appeal: 1.4 },
  { name: 'Finance Director', share: 10, appeal: 1.3 },
  { name: 'IT Manager', share: 16, appeal: 1.1 },
  { name: 'Data Analyst', share: 20, appeal: 0.9 },
  { name: 'Operations Manager', share: 18, appeal: 1.1 },
  { name: 'Consultant', share: 8, appeal: 0.6 },
  { name: 'Student', share: 5, appeal: 0.15 },
] as const;

/** A company that people work for. `appeal`: how well it fits the product; 1 is average. */
export interface Company {
  readonly name: string;
  readonly domain: string;
  readonly industry: string;
  readonly employees: number;
  readonly country: (typeof countries)[number];
  readonly region: string;
  readonly appeal: number;
}

/** Makes up a company; its domain is under the reserved `example.com`, `.org` or `.net`. */
export const companyOf = (random: Random): Company => {
  const first = random.pick(companyWords);
  const second = random.pick(companyWords.filter((word) => word !== first));
  const { name: industry, endings } = random.pick(industries);
  const { low, high, appeal } = random.weighted(sizes, ({ share }) => share);
  const country = random.weighted(countries, ({ share }) => share);
  return {
    name: `${first} ${second} ${random.pick(endings)}`,
    domain: `${first}${second}.example.${random.pick(['com', 'com', 'org', 'net'])}`.toLowerCase(),
    industry,
    employees: Math.round(low * (high / low) ** random.next()),
    country,
    region: random.pick(country.regions),
    appeal,
  };
};

/** A made-up person; `appeal`: how likely it is to buy; 1 is average. */
export interface Person {
  readonly profile: StepData<'lead', 'CaptureLead'> & { readonly name: string; readonly email: string };
  readonly appeal: number;
}

/**
 * Makes up a person who works for a company.
 * @param taken e-mail addresses in use; the new one is added, because each lead needs its own
 */
export const personOf = (random: Random, company: Company, taken: Set<string>): Person => {
  const [first, last] = [random.pick(firstNames), random.pick(lastNames)];
  const title = random.weighted(titles, ({ share }) => share);
  const { country, industry, employees, region } = company;
  return {
    profile: {
      name: `${first} ${last}`,
      email: free(`${first}.${last}`.toLowerCase(), company.domain, taken),
      ...(country.phone && random.chance(0.6) && { phone: country.phone(random) }),
      title: title.name,
      company: company.name,
      industry,
      employees,
      country: country.name,
      region,
    },
    appeal: company.appeal * title.appeal,
  };
};

/** The same person under a private address and with fewer details, as a second form or a badge scan gives. */
export const doubleOf = (random: Random, { profile }: Person, taken: Set<string>): Person['profile'] => ({
  name: profile.name,
  email: free(
    profile.name.toLowerCase().replace(' ', '.'),
    random.pick(['mail.example.net', 'mail.example.org']),
    taken,
  ),
  ...(profile.company && { company: profile.company }),
});

const free = (local: string, domain: string, taken: Set<string>): string => {
  let email = `${local}@${domain}`;
  for (let n = 2; taken.has(email); n++) email = `${local}${n}@${domain}`;
  taken.add(email);
  return email;
};
