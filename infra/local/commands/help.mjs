// `./dev help`.

export function help() {
  console.log(`Usage: ./dev COMMAND

  up [--detach] [--fresh]           install, build, start, migrate, seed; prints the shop's address
  down                              stop this copy; the data stays
  status [--json]                   every service and whether it is healthy; exits 1 if one is not
  logs NAME [--follow]              what a service printed
  test [unit|integration|ui|system] [FILTER]
                                    on ports and data of its own; no level named = all
  check                             format, lints, dependencies, types, drift of generated files
  load --baskets FILE [...]         shoppers against the running copy (./dev load --help)
  bench [NAME] [--write] [--json]   measure, on a copy of its own
  verify [--json]                   views, Kafka and tables against a fold of the events
  grant EMAIL ROLE [--revoke]       gives somebody who registered a role: staff, analyst or ops
  reconcile [--days N]              our payments against the payment gateway's
  rebuild VIEW|reporting            make the next generation of a view, or the tables anew
  parked list|show|retry|discard    events that a view could not apply
  generate                          OpenAPI documents and the storefront's types

Environment (defaults): PORT_BASE (7400), DATA_DIR (.local), PUBLIC_ORIGIN, POSTGRES_PASSWORD, REDIS_PASSWORD, STAFF_TOKEN,
GUEST_COOKIE_KEY, SMTP_URL (a server of its own), MAIL_FROM, CARGO_TARGET_DIR. Two copies run side by side with different PORT_BASE and DATA_DIR.
Exit codes: 0 fine, 1 failed, 2 wrong usage, 3 something is missing, and which.`)
}
