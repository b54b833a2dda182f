// `./dev help`.

export function help() {
  console.log(`Usage: ./dev COMMAND

  up [--detach] [--fresh]           install, build, start, migrate, seed; prints the shop's address
  down                              stop this copy; the data stays
  status [--json]                   every service: healthy? since when? restarts; exits 1 if one is not healthy
  logs NAME [--follow]              what a service printed
  test [unit|integration|ui|system] [FILTER]
                                    on ports and data of its own; no level named = all
  check                             format, lints, dependencies, advisories, types, alerts, drift of generated files
  advisories [REPOSITORY]           bring the copy of what is known of holes in our libraries up to date
  sbom [FOLDER]                     what the shop is made of, in CycloneDX
  load --baskets FILE [...]         shoppers against the running copy (./dev load --help)
  bench [NAME] [--write] [--json]   measure, on a copy of its own
  verify [--json]                   views, Kafka and tables against a fold of the events
  grant EMAIL ROLE [--revoke]       gives a role to somebody who confirmed the address and has a second factor: staff, analyst or ops
  reset-factors EMAIL               removes every second factor of somebody who has lost all of them, and their roles; sessions and keys end
  reconcile [--days N]              our payments against the payment gateway's
  rebuild VIEW|reporting            make the next generation of a view, or the tables anew
  parked list|show|retry|discard    events that a view could not apply, or of which nobody could be told
  republish [--topic T]...          fill Kafka's topics again from the log: cart, order, ...; all where none is named
  backup FILE                       dump the database of the running copy
  restore FILE                      put a dump in its place; views and tables are made anew from it
  analyst-url                       the database for people who know SQL, for psql and spreadsheets
  generate                          OpenAPI documents and the storefront's types

Environment (defaults): PORT_BASE (7400), DATA_DIR (.local), PUBLIC_ORIGIN, POSTGRES_PASSWORD, REDIS_PASSWORD, STAFF_TOKEN,
GUEST_COOKIE_KEY, GUEST_COOKIE_KEY_PREVIOUS, SECOND_FACTOR_KEY, SECURITY_CONTACT, LOAD_BALANCERS, TLS_CERTIFICATE, TLS_CERTIFICATE_KEY,
SMTP_URL (a server of its own), MAIL_FROM, GROUP_INSTANCE_ID, CARTWRIGHT_CACHE, CARGO_TARGET_DIR, TEST_PORT_BASE; the README says what
each does. Two copies run side by side with different PORT_BASE and DATA_DIR.
Exit codes: 0 fine, 1 failed, 2 wrong usage, 3 something is missing, and which.`)
}
