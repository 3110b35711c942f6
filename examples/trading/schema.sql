PRAGMA journal_mode = WAL;    -- What is committed is safe from kill -9,
PRAGMA synchronous = NORMAL;  -- but the last moment is not from a power cut: FULL would wait for the disk each time.

CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT);  -- JSON

-- An order, and what has become of it: shares, and the cents for them.
CREATE TABLE IF NOT EXISTS placed (
    key TEXT, symbol TEXT, side TEXT, price INTEGER, quantity INTEGER, waits INTEGER, account TEXT,
    filled INTEGER DEFAULT 0, paid INTEGER DEFAULT 0,
    PRIMARY KEY (account, key)
);

CREATE TABLE IF NOT EXISTS fill (account TEXT, key TEXT, symbol TEXT, side TEXT, price INTEGER, shares INTEGER);
CREATE INDEX IF NOT EXISTS fill_account ON fill (account);
CREATE TRIGGER IF NOT EXISTS filled AFTER INSERT ON fill BEGIN
    UPDATE placed SET filled = filled + new.shares, paid = paid + new.shares * new.price
    WHERE account = new.account AND key = new.key;
END;

CREATE VIEW IF NOT EXISTS waiting AS
    SELECT key, symbol, side, price, quantity - filled AS quantity, waits, account, rowid AS number
    FROM placed WHERE waits AND filled < quantity;

-- What somebody has of a symbol: shares, and the money that came in for them, less what went out. What is promised to
-- an order that waits is not free.
CREATE VIEW IF NOT EXISTS position AS
    SELECT account, symbol,
        sum(iif(side = 'buy', filled, -filled)) AS shares,
        sum(iif(side = 'buy', -paid, paid)) AS money,
        sum(iif(side = 'buy', filled, -iif(waits, quantity, filled))) AS free_shares,
        sum(iif(side = 'buy', -paid - waits * (quantity - filled) * price, paid)) AS free_money
    FROM placed GROUP BY account, symbol;
