-- What every Lua recipe finds: the base library without the doors to the outside.
--
-- `pairs` goes through keys in a fixed order. Lua's own order changes from run to run, and a
-- recipe has to do the same thing when it is planned and when it is run.

local next, type, tostring, sort = next, type, tostring, table.sort

local function before(a, b)
    local ta, tb = type(a), type(b)
    if ta == tb and (ta == "number" or ta == "string") then
        return a < b
    end
    if ta ~= tb then
        return ta < tb
    end
    return tostring(a) < tostring(b)
end

function pairs(t)
    local keys, n = {}, 0
    for key in next, t do
        n = n + 1
        keys[n] = key
    end
    sort(keys, before)
    local i = 0
    return function()
        i = i + 1
        local key = keys[i]
        if key ~= nil then
            return key, t[key]
        end
    end, t, nil
end

-- Doors to the outside, to time, to chance, and to other code than the recipe's own.
for _, name in ipairs { "collectgarbage", "dofile", "load", "loadfile", "loadstring", "require", "warn" } do
    _G[name] = nil
end
math.random, math.randomseed = nil, nil
string.dump = nil
