-- The globals of every Lua recipe: the base library without access to the outside.
--
-- `pairs` and `next` iterate over keys in a fixed order. Lua's own order changes from run to run, but a
-- recipe must do the same when it is planned and when it is run. Called with the function that charges for
-- elements that are iterated over.

local charge = ...
local next, type, sort, error = next, type, table.sort, error

-- The types of keys that have an order, in this order.
local rank = { boolean = 1, number = 2, string = 3 }

local function before(a, b)
    local ra, rb = rank[type(a)], rank[type(b)]
    if ra ~= rb then
        return ra < rb
    end
    if ra == 1 then
        return b and not a
    end
    return a < b
end

-- Returns the keys of a table; a key that is itself a table or function has no order among others.
local function keys_of(t)
    local keys, n, odd = {}, 0, nil
    for key in next, t do
        n = n + 1
        keys[n] = key
        odd = odd or (not rank[type(key)] and type(key))
    end
    charge(n * 16)
    if odd and n > 1 then
        error("a table with a " .. odd .. " as a key cannot be iterated: its keys have no order", 3)
    end
    return keys, n
end

function pairs(t)
    local keys, n = keys_of(t)
    if n > 1 then
        sort(keys, before)
    end
    local i = 0
    return function()
        i = i + 1
        local key = keys[i]
        if key ~= nil then
            return key, t[key]
        end
    end, t, nil
end

function _G.next(t, last)
    if type(t) ~= "table" then
        return next(t, last)
    end
    local keys, n = keys_of(t)
    local found
    for i = 1, n do
        local key = keys[i]
        if last == nil or (n > 1 or key ~= last) and before(last, key) then
            if found == nil or before(key, found) then
                found = key
            end
        end
    end
    if found == nil then
        return nil
    end
    return found, t[found]
end

-- Removes access to the outside, to the clock, to random numbers, and to code other than that of the recipe.
for _, name in ipairs { "collectgarbage", "dofile", "load", "loadfile", "loadstring", "require", "warn" } do
    _G[name] = nil
end
math.random, math.randomseed = nil, nil
string.dump = nil
