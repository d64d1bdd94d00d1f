// What is filled in on one surface (a modal, a Home, a message), by block id and action id.

/** Raw values of inputs; a re-drawn surface keeps what was typed where block id and action id stay. */
export class Form {
  #values = new Map();

  /** Called by each input as it is drawn: keeps an earlier value, else takes the initial one. */
  begin(blockId, actionId, initial) {
    const key = JSON.stringify([blockId, actionId]);
    if (!this.#values.has(key)) this.#values.set(key, initial ?? null);
    return this.#values.get(key);
  }

  set(blockId, actionId, value) {
    this.#values.set(JSON.stringify([blockId, actionId]), value === "" ? null : value);
  }

  get(blockId, actionId) {
    return this.#values.get(JSON.stringify([blockId, actionId])) ?? null;
  }

  /** Drops values of inputs that are no longer drawn. */
  keepOnly(blocks) {
    const drawn = new Set(blocks.flatMap((block) => [block.element, block.accessory, ...(block.elements ?? [])].filter(Boolean).map((element) => JSON.stringify([block.block_id, element.action_id]))));
    for (const key of this.#values.keys()) if (!drawn.has(key)) this.#values.delete(key);
  }

  /** {block_id: {action_id: value}} of all inputs. */
  collect() {
    const all = {};
    for (const [key, value] of this.#values) {
      const [blockId, actionId] = JSON.parse(key);
      (all[blockId] ??= {})[actionId] = value;
    }
    return all;
  }
}
