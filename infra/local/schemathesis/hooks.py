# What Schemathesis has to know beside the descriptions.
import collections
import json
import os
import unicodedata
import uuid

import requests
import schemathesis

SHOP = os.environ['SHOP_URL']
# Who asks. Not an argument: those can be read by everybody on the machine.
HEADERS = json.loads(os.environ['SHOP_HEADERS'])
CREDENTIALS = {'email': os.environ.get('SHOP_EMAIL'), 'password': os.environ.get('SHOP_PASSWORD')}
# Those that end the session they are sent with, or put another in its place.
ENDING = {'sign_out', 'end_session', 'end_sessions', 'register', 'sign_in', 'second_step', 'change_password', 'erase_account', 'confirm_totp', 'confirm_passkey', 'remove_second_factor', 'make_recovery_codes'}
# How many of their cases each of them sends with a session of its own; all others are sent by nobody.
FRESH_SESSIONS = 3
used = collections.Counter()
# What is shorter is wrong for another reason.
LONG = 64
LEFT_OUT = {'Cf', 'Zl', 'Zp', 'Zs'}
NOT_SENT = {'Mn', 'Mc', 'Me', 'Cc', 'Cf', 'Cn', 'Co', 'Cs', 'Zl', 'Zp'}
# As the patterns of texts in any language write what they leave out.
PRIVATE_USE = r'\ue000'


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Patterns over all of Unicode take a minute each to make texts of. Such a text is any text, and `sendable` makes it one that fits."""
    without_wide_patterns(raw_schema)


def without_wide_patterns(schema):
    if isinstance(schema, dict):
        if isinstance(schema.get('pattern'), str) and PRIVATE_USE in schema['pattern']:
            del schema['pattern']
        for part in schema.values():
            without_wide_patterns(part)
    elif isinstance(schema, list):
        for part in schema:
            without_wide_patterns(part)


@schemathesis.hook
def before_call(context, case, kwargs):
    headers = dict(HEADERS)
    # The session that all others are sent with goes on.
    operation = case.operation.definition.raw.get('operationId')
    if 'Cookie' in headers and operation in ENDING:
        headers['Cookie'] = new_session() if used[operation] < FRESH_SESSIONS else 'session=ended'
        used[operation] += 1
    case.headers = {**(case.headers or {}), **headers}
    # What is wrong on purpose stays so.
    if case.meta is not None and case.meta.generation.mode.is_negative:
        case.body = too_long_to_be_seen(case.body)
        return
    case.body = sendable(case.body)
    case.path_parameters = there(case.operation.path, case.path_parameters)
    if case.query:
        case.query = asked_for(case.operation.path, {name: sendable(value) for name, value in case.query.items()})


def sendable(value):
    """What a description allows and the APIs do not take, though they say so in words."""
    if isinstance(value, float) and value.is_integer():
        # JSON Schema calls 146.0 an integer; the APIs take 146 (docs/decisions/0024).
        return int(value)
    if isinstance(value, str):
        # How many marks stand on a letter, and which code points are no characters, patterns cannot say in every plane of Unicode. Control
        # characters they do say, and were taken away with them.
        text = ''.join('x' if unicodedata.category(letter) in NOT_SENT else letter for letter in value)
        # And that there is something to be seen.
        return text if text.strip() else 'x' * len(text)
    if isinstance(value, list):
        return [sendable(item) for item in value]
    if isinstance(value, dict):
        return {name: sendable(item) for name, item in value.items()}
    return value


def too_long_to_be_seen(value):
    """White space and what nobody sees are left out of a text before it is counted: they alone make none too long. A text that is wrong for its
    length is as long in letters."""
    if isinstance(value, str) and len(value) > LONG and value.strip():
        return ''.join('x' if letter.isspace() or unicodedata.category(letter) in LEFT_OUT else letter for letter in value)
    if isinstance(value, list):
        return [too_long_to_be_seen(item) for item in value]
    if isinstance(value, dict):
        return {name: too_long_to_be_seen(item) for name, item in value.items()}
    return value


def there(path, parameters):
    """Half of what is asked for is there: a cart of whoever asks, and a product that is for sale. Which half, what was made up decides."""
    if not parameters:
        return parameters
    there = dict(parameters)
    if '/carts/{id}' in path and isinstance(there.get('id'), str) and there['id'][-1] in '02468ace':
        there['id'] = os.environ['SHOP_CART']
    if isinstance(there.get('sku'), str) and ord(there['sku'][-1]) % 2 == 0:
        there['sku'] = os.environ['SHOP_SKU']
    return there


def asked_for(path, query):
    """Rules between parameters, and words of the API's own."""
    # A page's `next`: a made-up one is refused.
    query.pop('cursor', None)
    # Products that are named by their SKUs are not searched for at the same time.
    if path == '/api/queries/products' and 'sku' in query:
        return {name: value for name, value in query.items() if name in ('sku', 'limit', 'after')}
    # Of an audit between two moments, the second is after the first.
    if path == '/api/commands/audit' and 'from' in query:
        query.pop('to', None)
    # A price is one of a currency.
    if path == '/api/queries/products' and (query.keys() & {'min-price', 'max-price'} or 'price' in str(query.get('sort'))):
        return {'currency': 'EUR', **query}
    return query


def new_session():
    """Of somebody else, where an account asks: one that signs out everywhere ends all of its account's."""
    begun = requests.post(f'{SHOP}/api/commands/session', timeout=20)
    if CREDENTIALS['email']:
        other = {**CREDENTIALS, 'email': f'{uuid.uuid4()}@example.org'}
        begun = requests.post(f'{SHOP}/api/commands/accounts', json=other, cookies=begun.cookies, timeout=20)
    return '; '.join(f'{name}={value}' for name, value in begun.cookies.items())
